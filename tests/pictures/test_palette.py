import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hsi.pictures.palette import NO_DATA, UNLABELLED, WRONG, hexadecimal, palette


@pytest.mark.parametrize("classes", [1, 9, 16, 20, 21, 33, 100, 255, 1000])
def test_every_class_has_a_colour_of_its_own(classes):
    colours = palette(classes)
    assert colours.shape == (classes + 1, 3)
    assert tuple(colours[0]) == UNLABELLED
    written = [*hexadecimal(colours), *hexadecimal(np.array([NO_DATA, WRONG]))]
    assert len(set(written)) == classes + 3


@pytest.mark.parametrize("classes", [9, 33])
def test_written_colours_are_those_of_the_palette(classes):
    written = hexadecimal(palette(classes))
    assert len(written) == classes + 1
    np.testing.assert_allclose([to_rgb(each) for each in written], palette(classes), atol=0.5 / 255)


def test_a_class_keeps_its_colour_however_many_classes_follow():
    tab20 = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"]
    assert hexadecimal(palette(16))[1:6] == tab20
    assert np.array_equal(palette(1000)[:34], palette(33))
    assert np.array_equal(palette(33)[:21], palette(20))
    assert palette(5000).shape == (5001, 3)
