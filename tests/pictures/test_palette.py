import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hsi.pictures.palette import NO_DATA, UNLABELLED, WRONG, hexadecimal, palette


@pytest.mark.parametrize("classes", [1, 9, 16, 20, 21, 33, 100, 255, 1000])
def test_every_class_has_a_colour_of_its_own(classes):
    colours = palette(classes)
    assert colours.shape == (classes + 1, 3)
    assert tuple(colours[0]) == UNLABELLED
    written = {*hexadecimal(colours), *hexadecimal(np.array([WRONG, NO_DATA]))}
    assert len(written) == classes + 3


def test_a_class_keeps_its_colour_when_there_are_more_classes():
    assert np.array_equal(palette(16), palette(1000)[:17])


def test_so_many_classes_that_colours_repeat_have_colours():
    assert palette(5000).shape == (5001, 3)


@pytest.mark.parametrize("classes", [9, 33])
def test_written_colours_are_those_of_the_palette(classes):
    written = hexadecimal(palette(classes))
    assert len(written) == classes + 1
    np.testing.assert_allclose([to_rgb(each) for each in written], palette(classes), atol=0.5 / 255)
