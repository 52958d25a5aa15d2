"""What a comparator learns from its smoothed map."""

import numpy as np
import pytest
import torch

from hsi.comparators.lda import LDA
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.random_walker import RandomWalker
from hsi.inference.self_training import PER_CLASS, SURE, of_map, self_trained
from hsi.inference.smoothing import image_of

SHAPE = (24, 30)
ALL = np.ones(SHAPE, bool)
WALKER = RandomWalker("training", sharpness=1.0, gamma=0.01, beta=1.0, borders=1.0)


@pytest.fixture
def scene():
    """Two classes in four fields; the fields on the right are brighter, and one has labels."""
    generator = np.random.default_rng(0)
    truth = np.zeros(SHAPE, np.int64)
    truth[12:] = 1
    image = generator.normal(0, 0.3, (2, *SHAPE)).astype(np.float32)
    image[0] += 2 * truth
    image[1, :, 15:] += 4
    image[0, :12, 15:] += 2.2  # class 0 looks there as class 1 does on the left
    image[0, 12:, 15:] += 2.2
    return PaddedCube.of(image, None, 1), truth


def labels(truth, rows, columns):
    rows, columns = (each.ravel() for each in np.meshgrid(rows, columns, indexing="ij"))
    return Pixels(rows, columns, truth[rows, columns], np.full(len(rows), TRAIN))


def fitted(cube, pixels):
    model = LDA(2, folds=3, shrinkage=[0.1])
    features = torch.from_numpy(cube.at(pixels.rows, pixels.columns))
    groups = torch.arange(len(pixels)) // 4
    model.fit(features, torch.from_numpy(pixels.targets), groups, seed=0)
    return model


def trained(cube, pixels, seed=0):
    walker = WALKER.prepared(image_of(cube), ALL)
    groups = np.arange(len(pixels)) // 4
    return self_trained(walker, fitted(cube, pixels), cube, ALL, pixels, groups, 3, seed)


def accuracy(model, cube, truth):
    features = torch.from_numpy(cube.at(*(each.ravel() for each in np.indices(SHAPE))))
    return (model(features).argmax(1).numpy() == truth.ravel()).mean()


def test_it_learns_what_a_class_looks_like_where_the_walk_has_carried_its_label(scene):
    cube, truth = scene
    left = labels(truth, [2, 5, 8, 15, 18, 21], [2, 5, 8, 11])
    pixels = labels(truth, [2, 8, 15, 21], [2, 8, 17, 26])
    pixels = pixels.some(np.flatnonzero((pixels.columns < 15) | (pixels.rows < 4)))
    alone = fitted(cube, pixels)
    taught, temperature = trained(cube, pixels)
    assert accuracy(taught, cube, truth) > accuracy(alone, cube, truth)
    assert accuracy(fitted(cube, left), cube, truth) < 0.8, "else there is nothing to learn"
    assert 0.01 <= temperature <= 100


def test_the_same_seed_gives_the_same_comparator_and_leaves_the_given_one_as_it_was(scene):
    cube, truth = scene
    pixels = labels(truth, [2, 8, 15, 21], [2, 8, 17, 26])
    first, second = trained(cube, pixels), trained(cube, pixels)
    assert first[1] == second[1]
    for one, other in zip(first[0].parameters(), second[0].parameters(), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(first[0].chosen, fitted(cube, pixels).chosen)


def test_pixels_are_drawn_from_the_surest_of_each_class_that_are_free():
    generator = np.random.default_rng(0)
    probability = generator.dirichlet([3, 1, 0.2], (40, 50)).astype(np.float32)
    free = generator.random((40, 50)) < 0.9
    drawn = of_map(probability, free, seed=1)
    assert free[drawn.rows, drawn.columns].all()
    assert np.array_equal(probability[drawn.rows, drawn.columns].argmax(1), drawn.targets)
    assert set(drawn.sides.tolist()) == {TRAIN}
    places = set(zip(drawn.rows.tolist(), drawn.columns.tolist(), strict=True))
    assert len(places) == len(drawn)
    for each in range(3):
        sure = probability.max(2)[free & (probability.argmax(2) == each)]
        own = drawn.some(np.flatnonzero(drawn.targets == each))
        assert len(own) == min(PER_CLASS, int(np.ceil(SURE * len(sure))))
        least = np.sort(sure)[len(sure) - int(np.ceil(SURE * len(sure)))]
        assert probability[own.rows, own.columns].max(1).min() >= least


def test_a_class_that_the_map_lacks_is_not_drawn():
    probability = np.zeros((3, 4, 2), np.float32)
    probability[..., 1] = 1
    drawn = of_map(probability, np.ones((3, 4), bool), seed=0)
    assert set(drawn.targets.tolist()) == {1}
    assert len(of_map(probability, np.zeros((3, 4), bool), seed=0)) == 0
