import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsi.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.split import floor, inside_training_windows, random_split, report

NAMES = ("a", "b", "c")


@given(
    seed=st.integers(0, 2**32 - 1),
    train=st.one_of(st.floats(0.01, 0.5), st.integers(1, 5)),
    validation=st.one_of(st.floats(0, 0.3), st.integers(0, 5)),
)
def test_every_class_trains_and_tests_and_no_pixel_is_on_two_sides(truth, seed, train, validation):
    sides = random_split(truth, NAMES, train, validation, seed)
    assert np.array_equal(sides > 0, truth > 0)
    for number in (1, 2, 3):
        own = sides[truth == number]
        wanted = train if train >= 1 else max(1, round(train * own.size))
        assert (own == TRAIN).sum() == wanted
        assert (own == TEST).sum() >= 1
        assert ((own == VALIDATION).sum() > 0) == (validation > 0)


def test_the_seed_decides_the_draw(truth):
    first = random_split(truth, NAMES, 0.1, 0, 1)
    assert np.array_equal(first, random_split(truth, NAMES, 0.1, 0, 1))
    assert not np.array_equal(first, random_split(truth, NAMES, 0.1, 0, 2))


def test_a_class_with_one_pixel_is_named():
    truth = np.array([[1, 1, 1, 2, 0]], np.int32)
    with pytest.raises(ValueError, match=r"class 'oats' has 1 labelled pixels.*leave none to test"):
        random_split(truth, ("hay", "oats"), 0.1, 0, 0)


def test_more_pixels_than_a_class_has_are_refused(truth):
    with pytest.raises(ValueError, match=r"class 'a'.*split.train=5000"):
        random_split(truth, NAMES, 5000, 0, 0)


def table(*rows: tuple[int, int, int, int]) -> Pixels:
    return Pixels(*np.array(rows).T)


def test_floor_copies_the_nearest_training_label():
    pixels = table(
        (0, 0, 0, TRAIN), (0, 9, 1, TRAIN), (0, 1, 0, TEST), (0, 8, 1, TEST), (0, 2, 1, TEST)
    )
    assert floor(pixels, ("a", "b")) == {
        "oa": pytest.approx(2 / 3),
        "aa": pytest.approx((1 + 1 / 2) / 2),
        "kappa": pytest.approx(0.4),
    }


def test_overlap_counts_test_pixels_within_half_a_window_in_both_axes():
    pixels = table((5, 5, 0, TRAIN), (7, 7, 0, TEST), (8, 5, 0, TEST), (5, 3, 0, TEST))
    assert inside_training_windows(pixels, 5) == pytest.approx(2 / 3)
    assert inside_training_windows(pixels, 7) == 1
    assert inside_training_windows(pixels, 1) == 0


def test_report_counts_each_side_of_each_class(truth):
    pixels = Pixels.of_truth(truth, random_split(truth, NAMES, 7, 3, 0))
    content = report(pixels, NAMES, 9)
    assert (content["train"], content["validation"]) == (21, 9)
    assert content["per_class"]["b"]["train"] == 7
    assert sum(each["test"] for each in content["per_class"].values()) == content["test"]


def test_targets_count_from_zero_and_survive_the_file(truth, tmp_path):
    pixels = Pixels.of_truth(truth, random_split(truth, NAMES, 0.2, 0, 0))
    assert np.array_equal(pixels.targets, truth[truth > 0] - 1)
    pixels.save(tmp_path / "pixels.npy")
    loaded = Pixels.load(tmp_path / "pixels.npy")
    for name in ("rows", "columns", "targets", "sides"):
        assert np.array_equal(getattr(loaded, name), getattr(pixels, name))
