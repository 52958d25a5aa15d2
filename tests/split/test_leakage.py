import numpy as np
import pytest

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.split.leakage import leak, leak_warning


def table(*rows: tuple[int, int, int, int]) -> Pixels:
    return Pixels(*np.array(rows).T)


def test_leak_counts_test_pixels_within_half_a_window_in_both_axes():
    pixels = table((5, 5, 0, TRAIN), (7, 7, 0, TEST), (8, 5, 0, TEST), (5, 3, 0, TEST))
    shared = np.zeros((20, 20), np.uint8)
    assert leak(pixels, shared, 5)[0] == pytest.approx(2 / 3)
    assert leak(pixels, shared, 7)[0] == 1
    assert leak(pixels, shared, 1) == (0, 0)


def test_shared_pixels_are_those_that_both_sides_see():
    pixels = table((5, 5, 0, TRAIN), (5, 8, 0, TEST))
    owner = np.zeros((20, 20), np.uint8)
    assert leak(pixels, owner, 5) == (0, 5 * 2)  # columns 3 to 7 against 6 to 10
    owner[:, 7:] = TEST  # training no longer sees column 7; test still sees 6
    assert leak(pixels, owner, 5) == (0, 5)
    owner[:, :7] = TRAIN
    assert leak(pixels, owner, 5) == (0, 0)
    assert leak(pixels, owner, 9) == (0, 0)


def test_a_leak_is_warned_of_with_its_share_and_method_and_none_is_not():
    warning = leak_warning("random", 0.984)
    assert warning.startswith("98.4% of the test pixels lie inside training windows")
    assert "split.method=random" in warning
    assert leak_warning("blocks", 0.0) == ""
