"""Folds of blocks, each of which tests once."""

import numpy as np
import pytest
from examples import request
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.cube.pixels import TEST, TRAIN
from hsi.split.folds import fold_split


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(2, 5), count=st.integers(2, 4))
def test_every_labelled_pixel_is_tested_once_and_every_class_is_always_trained_on(
    truth, seed, side, count
):
    asked = request(truth, 0.1, seed=seed)
    splits = [fold_split(asked, side, count, fold) for fold in range(count)]
    tested = sum((split.sides == TEST).astype(int) for split in splits)
    assert np.array_equal(tested, (truth > 0).astype(int))
    for split in splits:
        assert set(np.unique(split.owner)) == {TRAIN, TEST}
        assert set(np.unique(truth[split.sides == TRAIN])) == {1, 2, 3}
        assert np.array_equal(split.groups, splits[0].groups)
        sides_of = {(group, owner) for group, owner in zip(split.groups.flat, split.owner.flat,
                                                           strict=True)}  # fmt: skip
        assert len(sides_of) == len(np.unique(split.groups))  # each block is on one side


def test_folds_have_similar_shares_of_each_class(truth):
    asked = request(truth, 0.1, seed=1)
    for k in (1, 2, 3):
        counts = [
            (truth[fold_split(asked, 3, 4, fold).sides == TEST] == k).sum() for fold in range(4)
        ]
        assert max(counts) < 2.5 * min(counts)


def test_what_cannot_be_is_one_line_that_names_the_key(truth):
    with pytest.raises(ValueError, match=r"split\.folds\.fold: may be 0 to 3 \(got 4\)"):
        fold_split(request(truth, 0.1), 4, 4, 4)
    with pytest.raises(ValueError, match=r"split\.validation: may be 0 for split\.method=folds"):
        fold_split(request(truth, 0.1, 0.1), 4, 4, 0)
    with pytest.raises(ValueError, match="larger than the scene"):
        fold_split(request(truth, 0.1), 40, 4, 0)
