import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hsi.pictures.palette import UNLABELLED, hexadecimal, palette


@pytest.mark.parametrize("classes", [1, 9, 16, 20, 33])
def test_every_class_has_a_colour_of_its_own(classes):
    colours = palette(classes)
    assert colours.shape == (classes + 1, 3)
    assert tuple(colours[0]) == UNLABELLED
    assert len(np.unique((colours * 255).round(), axis=0)) == classes + 1


@pytest.mark.parametrize("classes", [9, 33])
def test_written_colours_are_those_of_the_palette(classes):
    written = hexadecimal(palette(classes))
    assert len(written) == classes + 1
    np.testing.assert_allclose([to_rgb(each) for each in written], palette(classes), atol=0.5 / 255)
