import numpy as np
import pytest
from examples import request, scene_info
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.cube.pixels import TEST, TRAIN, VALIDATION
from hsi.split.random import random_split
from hsi.split.request import Request

NAMES = ("a", "b", "c")


def asked(
    truth: np.ndarray,
    train: float | int,
    validation: float | int = 0,
    seed: int = 0,
    names: tuple[str, ...] = NAMES,
) -> Request:
    return request(truth, train, validation, seed, scene_info(names))


@settings(max_examples=50)
@given(
    seed=st.integers(0, 2**32 - 1),
    train=st.one_of(st.floats(0.01, 0.5), st.integers(1, 5)),
    validation=st.one_of(st.floats(0, 0.3), st.integers(0, 5)),
)
def test_every_class_trains_and_tests_and_no_pixel_is_on_two_sides(truth, seed, train, validation):
    split = random_split(asked(truth, train, validation, seed))
    assert not split.owner.any()
    assert np.array_equal(split.sides > 0, truth > 0)
    for number in (1, 2, 3):
        own = split.sides[truth == number]
        wanted = train if train >= 1 else max(1, round(train * own.size))
        assert (own == TRAIN).sum() == wanted
        assert (own == TEST).sum() >= 1
        assert ((own == VALIDATION).sum() > 0) == (validation > 0)


def test_the_seed_decides_the_draw(truth):
    first = random_split(asked(truth, 0.1, seed=1)).sides
    assert np.array_equal(first, random_split(asked(truth, 0.1, seed=1)).sides)
    assert not np.array_equal(first, random_split(asked(truth, 0.1, seed=2)).sides)


def test_a_class_with_one_pixel_is_named():
    truth = np.array([[1, 1, 1, 2, 0]], np.int32)
    with pytest.raises(ValueError, match=r"class 'oats' has 1 labelled pixels.*leave none to test"):
        random_split(asked(truth, 0.1, names=("hay", "oats")))


def test_more_pixels_than_a_class_has_are_refused(truth):
    with pytest.raises(ValueError, match=r"class 'a'.*split.train=5000"):
        random_split(asked(truth, 5000))
