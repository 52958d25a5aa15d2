import numpy as np
import pytest

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, Pixels, groups_of, wanted_counts
from hsi.files import write_array

TRUTH = np.array([[1, 0, 2], [2, 1, 3]], np.int32)
SIDES = np.array([[TRAIN, 0, TEST], [VALIDATION, TEST, 0]], np.uint8)


def test_only_pixels_on_a_side_are_listed_and_targets_count_from_zero():
    pixels = Pixels.of_truth(TRUTH, SIDES)
    assert len(pixels) == 4
    assert pixels.rows.tolist() == [0, 0, 1, 1]
    assert pixels.columns.tolist() == [0, 2, 0, 1]
    assert pixels.targets.tolist() == [0, 1, 1, 0]
    assert pixels.sides.tolist() == [TRAIN, TEST, VALIDATION, TEST]


def test_the_pixels_of_one_side_keep_their_order():
    tested = Pixels.of_truth(TRUTH, SIDES).on(TEST)
    assert tested.rows.tolist() == [0, 1]
    assert tested.columns.tolist() == [2, 1]
    assert set(tested.sides) == {TEST}


def test_the_table_survives_its_file(truth, tmp_path):
    sides = np.where(truth > 0, TEST, 0).astype(np.uint8)
    pixels = Pixels.of_truth(truth, sides)
    assert np.array_equal(pixels.targets, truth[truth > 0] - 1)
    pixels.save(tmp_path / "pixels.npy")
    loaded = Pixels.load(tmp_path / "pixels.npy")
    for name in ("rows", "columns", "targets", "sides"):
        assert np.array_equal(getattr(loaded, name), getattr(pixels, name))
        assert getattr(loaded, name).dtype == np.int64


@pytest.mark.parametrize(
    ("share", "counts"),
    [
        (0, [0, 0, 0]),
        (0.1, [1, 1, 10]),  # at least one of each class
        (0.5, [2, 2, 50]),  # NumPy rounds 2.5 to the even number
        (1, [1, 1, 1]),
        (7, [7, 7, 7]),
    ],
)
def test_a_share_below_one_is_of_each_class_and_a_number_is_the_same_for_all(share, counts):
    assert wanted_counts(share, np.array([4, 5, 100])).tolist() == counts


def test_each_pixel_has_the_group_that_the_raster_has_at_its_place(tmp_path):
    write_array(tmp_path / "groups.npy", np.arange(6, dtype=np.int32).reshape(2, 3))
    pixels = Pixels(*np.array([[1, 2, 0, TRAIN], [0, 1, 1, TEST]]).T)
    found = groups_of(tmp_path / "groups.npy", pixels)
    assert found.tolist() == [5, 1]
    assert found.dtype == np.int64
