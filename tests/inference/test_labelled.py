"""A scene with its training labels, and without those of a fold."""

import numpy as np
import pytest

from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.inference.labelled import LabelledScene
from hsi.inference.random_walker import RandomWalker
from hsi.inference.smoothing import NoSmoothing

ANCHORED = RandomWalker("training", 1.0, 0.01, 1.0, 0.0)


@pytest.fixture
def scene():
    """Training on the left half, test on the right; one pixel on either side has no data."""
    owner = np.full((6, 8), TRAIN, np.uint8)
    owner[:, 4:] = TEST
    valid = np.ones((6, 8), bool)
    valid[0, 0] = valid[0, 7] = False
    image = np.random.default_rng(0).normal(size=(3, 6, 8)).astype(np.float32)
    rows, columns = np.divmod(np.arange(24), 4)
    pixels = Pixels(rows, columns, columns % 2, np.full(24, TRAIN))
    return LabelledScene(PaddedCube.of(image, owner, 1), valid, pixels, rows // 2)


def test_each_label_is_left_out_once_with_its_group(scene):
    left_out = []
    for rest, held in scene.folds(3, seed=0):
        assert len(rest.pixels) + len(held) == len(scene.pixels)
        assert len(rest.groups) == len(rest.pixels)
        assert not set(rest.groups) & set(held.rows // 2)
        assert rest.cube is scene.cube
        left_out += zip(held.rows.tolist(), held.columns.tolist(), strict=True)
    assert len(set(left_out)) == len(left_out) == len(scene.pixels)


def test_the_test_side_takes_part_only_where_training_labels_anchor_the_smoothing(scene):
    left = np.arange(8) < 4
    assert np.array_equal(scene.inside(NoSmoothing()), scene.valid & left)
    assert np.array_equal(scene.inside(ANCHORED), scene.valid)
    assert len(scene.graph(ANCHORED.unanchored()).start) < len(scene.graph(ANCHORED).start)


def test_known_are_the_labels_that_are_left_where_they_anchor(scene):
    rest, held = next(scene.folds(3, seed=0))
    known = rest.known(ANCHORED)
    assert not known[held.rows, held.columns].any()
    own = rest.pixels
    assert np.array_equal(known[own.rows, own.columns], own.targets + 1)
    assert np.count_nonzero(known) == len(own)
    assert not rest.known(ANCHORED.unanchored()).any()
