"""What decides about the constants of a smoothing, and what does not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from examples import request

from hsi.comparators.kernel_ridge import KernelRidge
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.inference.constants import choose
from hsi.inference.labelled import LabelledScene
from hsi.inference.random_walker import RandomWalker
from hsi.inference.smoothing import image_of
from hsi.reduction.mnf import fit_mnf
from hsi.split.blocks import block_split

ALL = np.ones((26, 21), bool)
WALKER = RandomWalker("training", sharpness=None, gamma=0.01, beta=None, borders=None)


@pytest.fixture(scope="module")
def split(truth):
    return block_split(request(truth, 0.4), side=4)


@pytest.fixture(scope="module")
def pixels(truth, split):
    return Pixels.of_truth(truth, split.sides)


@pytest.fixture(scope="module")
def components(cube, split):
    projection, _ = fit_mnf(cube, split.owner == TRAIN, 6, "unit", ridge=0.001, whiten=False)
    return projection.apply(cube)


def chosen(components, split, train, smoothing):
    cube = PaddedCube.of(components, split.owner, 1)
    groups = split.groups[train.rows, train.columns].astype(np.int64)
    model = KernelRidge(3, gamma=[1.0], ridge=[0.1], most=2000)
    features = torch.from_numpy(cube.at(train.rows, train.columns))
    model.fit(features, torch.from_numpy(train.targets), torch.from_numpy(groups), seed=0)
    scene = LabelledScene(cube, ALL, train, groups)
    ready = smoothing.prepared(image_of(cube), scene.inside(smoothing))
    return choose(ready, model, scene, 3, seed=0)


def as_long(pixels):
    return replace(pixels, targets=pixels.targets.astype(np.int64))


def test_all_constants_are_set_and_those_that_were_given_stay(components, split, pixels):
    for walker, seeds in ((WALKER, "training"), (WALKER.unanchored(), "none")):
        found = chosen(components, split, as_long(pixels.on(TRAIN)), walker)
        assert found.smoothing.seeds == seeds
        assert found.smoothing.gamma == 0.01
        assert found.smoothing.sharpness in (1.0, 2.0)
        assert found.smoothing.beta in (1.0, 2.0)
        assert 0.05 <= found.temperature <= 20


def test_test_pixels_decide_nothing_unless_training_labels_anchor_the_walk(
    components, split, pixels
):
    other = components.copy()
    other[:, split.owner == TEST] += 30
    train = as_long(pixels.on(TRAIN))
    inductive = WALKER.unanchored()
    first, second = (chosen(each, split, train, inductive) for each in (components, other))
    assert first == second
