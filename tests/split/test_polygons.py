from dataclasses import replace

import numpy as np
import pytest
from examples import request, scene_info
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.split.leakage import leak
from hsi.split.polygons import polygon_split


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    train=st.one_of(st.floats(0.01, 0.4), st.integers(1, 20)),
    validation=st.one_of(st.just(0), st.floats(0.01, 0.2)),
)
def test_no_polygon_is_on_two_sides_and_no_window_carries_a_pixel_across(
    truth, seed, train, validation
):
    """The stripes of the truth are cut by paths, into at least six regions of each class."""
    wanted = request(truth, train, validation, seed)
    split = polygon_split(wanted)
    assert set(np.unique(split.owner)) <= {TRAIN, VALIDATION, TEST}
    for number in range(1, wanted.regions.max() + 1):
        assert len(np.unique(split.owner[wanted.regions == number])) == 1
    assert np.array_equal(split.sides[split.sides > 0], split.owner[split.sides > 0])
    assert not split.sides[truth == 0].any()
    for k in (1, 2, 3):
        own = split.sides[truth == k]
        most = train if train >= 1 else max(1, round(train * own.size))
        assert 1 <= (own == TRAIN).sum() <= most
        assert (own == TEST).any()
    pixels = Pixels.of_truth(split.truth, split.sides)
    for window in (9, 25):
        assert leak(pixels, split.owner, window) == (0, 0)


def test_an_unlabelled_pixel_belongs_to_the_side_of_the_nearest_labelled_one(truth):
    split = polygon_split(request(truth, 0.3, seed=5))
    labelled = np.argwhere(truth > 0)
    for row, column in np.argwhere(truth == 0):
        far = ((labelled - (row, column)) ** 2).sum(1)
        nearest = labelled[far == far.min()]
        assert split.owner[row, column] in split.owner[tuple(nearest.T)]


def test_polygons_count_and_not_the_regions_of_one_class():
    """Two polygons that touch are two, and one polygon in two parts is one."""
    truth = np.array([[1, 1, 1, 1, 0, 2, 2, 0, 2]], np.int32)
    polygons = np.array([[7, 7, 9, 9, 0, 3, 3, 0, 4]], np.int32)
    for seed in range(10):
        split = polygon_split(replace(request(truth, 1, seed=seed), regions=polygons))
        owners = [np.unique(split.owner[polygons == number]).tolist() for number in (7, 9, 3, 4)]
        assert sorted(owners[:2]) == sorted(owners[2:]) == [[TRAIN], [TEST]]
    together = replace(request(truth, 1), regions=np.where(polygons == 4, 3, polygons))
    with pytest.raises(ValueError, match="class 2"):
        polygon_split(together)


def test_classes_of_a_single_polygon_are_named_with_their_pixels():
    truth = np.zeros((9, 9), np.int32)
    truth[0, :3], truth[4, :2], truth[8, 5], truth[8, 7] = 1, 2, 3, 3
    info = scene_info(("oats", "hay", "corn"))
    with pytest.raises(
        ValueError,
        match=r"^2 of 3 classes have a single polygon, .*: 'oats' \(3 pixels\), "
        r"'hay' \(2 pixels\); draw more .* split\.method=blocks",
    ) as error:
        polygon_split(request(truth, 0.1, info=info))
    assert len(str(error.value).splitlines()) == 1


def test_the_seed_decides_the_draw(truth):
    first, again, other = (polygon_split(request(truth, 0.2, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.owner, again.owner)
    assert np.array_equal(first.sides, again.sides)
    assert not np.array_equal(first.owner, other.owner)
