import numpy as np
import pytest

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.split.floor import nearest_label, nearest_training


def table(*rows: tuple[int, int, int, int]) -> Pixels:
    return Pixels(*np.array(rows).T)


def test_floor_copies_the_nearest_training_label():
    pixels = table(
        (0, 0, 0, TRAIN), (0, 9, 1, TRAIN), (0, 1, 0, TEST), (0, 8, 1, TEST), (0, 2, 1, TEST)
    )
    floor, distance = nearest_label(pixels, ("a", "b"))
    assert floor == {
        "oa": pytest.approx(2 / 3),
        "aa": pytest.approx((1 + 1 / 2) / 2),
        "kappa": pytest.approx(0.4),
    }
    assert distance == {"least": 1, "median": 1, "largest": 2}


def test_validation_pixels_neither_answer_nor_are_scored():
    pixels = table((0, 0, 0, TRAIN), (9, 9, 1, TRAIN), (0, 2, 0, TEST), (8, 8, 1, TEST))
    held = table(*zip(pixels.rows, pixels.columns, pixels.targets, pixels.sides, strict=True),
                 (0, 3, 1, VALIDATION))  # fmt: skip
    assert nearest_label(held, ("a", "b")) == nearest_label(pixels, ("a", "b"))


def test_each_test_pixel_has_the_class_and_the_distance_of_its_nearest_training_pixel():
    pixels = table((0, 0, 0, TRAIN), (3, 4, 1, TRAIN), (0, 2, 1, TEST), (6, 8, 0, TEST))
    copied, distance = nearest_training(pixels)
    assert copied.tolist() == [0, 1]
    assert distance.tolist() == [2, 5]
