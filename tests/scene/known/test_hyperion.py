import numpy as np

from hsi.scene.known.hyperion import BOTSWANA

# Bands that the page of the scene keeps; 1-70 and 71-242 are two evenly spaced spectrometers.
KEPT = [*range(10, 56), *range(82, 98), *range(102, 120), *range(134, 165), *range(187, 221)]


def test_the_centres_are_those_of_the_bands_that_are_kept():
    bands = np.array(KEPT)
    even = np.where(bands <= 70, 355.59 + 10.1752 * (bands - 1), 851.92 + 10.0876 * (bands - 71))
    np.testing.assert_allclose(BOTSWANA.wavelengths, even, atol=1)  # a band further is 10 nm


def test_the_false_colours_are_near_infrared_red_and_green():
    shown = [BOTSWANA.wavelengths[band] for band in BOTSWANA.false_colour]
    np.testing.assert_allclose(shown, [850, 650, 550], atol=6)
