import numpy as np
import pytest
import torch
from comparators.blobs import blobs

from hsi.comparators.folds import folds_of


def test_a_group_is_left_out_whole_and_every_pixel_once():
    _, targets, groups = blobs(3, 120, group=5)
    folds = folds_of(targets, groups, 4, seed=0)
    assert len(folds) == 4
    for fold in folds:
        assert not set(groups[fold.train].tolist()) & set(groups[fold.held].tolist())
        assert set(targets[fold.train].tolist()) == {0, 1, 2}
    held = torch.cat([fold.held for fold in folds])
    assert sorted(held.tolist()) == list(range(120))


def test_a_pixel_whose_class_is_in_no_other_group_is_never_left_out():
    _, targets, groups = blobs(3, 60, group=5)
    targets[groups == 4] = 7
    held = torch.cat([fold.held for fold in folds_of(targets, groups, 3, seed=0)])
    assert 7 not in targets[held]


def test_where_each_class_is_in_one_group_single_pixels_are_left_out():
    targets = torch.arange(30) // 10
    folds = folds_of(targets, targets.clone(), 5, seed=0)
    assert sum(len(fold.held) for fold in folds) == 30
    for fold in folds:
        assert set(targets[fold.train].tolist()) == {0, 1, 2}


def test_the_seed_decides():
    _, targets, groups = blobs(3, 120, group=5)
    first, same, other = (folds_of(targets, groups, 4, seed) for seed in (1, 1, 2))
    assert all(torch.equal(a.held, b.held) for a, b in zip(first, same, strict=True))
    assert not all(
        len(a.held) == len(b.held) and torch.equal(a.held, b.held)
        for a, b in zip(first, other, strict=True)
    )


@pytest.mark.parametrize("folds", [2, 50])
def test_fewer_groups_than_folds_are_no_obstacle(folds):
    _, targets, groups = blobs(2, 40, group=10)
    found = folds_of(targets, groups, folds, seed=0)
    assert 2 <= len(found) <= len(np.unique(groups))
