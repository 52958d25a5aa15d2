import numpy as np

from hsi.scene.known.casi import HOUSTON_2013


def test_the_centres_are_even_over_the_range_that_a_second_source_has():
    np.testing.assert_allclose(HOUSTON_2013.wavelengths, np.linspace(364, 1046, 144), atol=0.5)


def test_the_false_colours_are_near_infrared_red_and_green():
    shown = [HOUSTON_2013.wavelengths[band] for band in HOUSTON_2013.false_colour]
    np.testing.assert_allclose(shown, [840, 650, 550], atol=3)


def test_the_files_have_no_address_and_their_variables_no_agreed_name():
    for file in (HOUSTON_2013.cube, HOUSTON_2013.truth):
        assert file.urls == ()
        assert file.key is None
