"""What a comparator learns from its smoothed map."""

from itertools import product

import numpy as np
import pytest
import torch

from hsi.comparators.lda import LDA
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference import self_training
from hsi.inference.labelled import LabelledScene
from hsi.inference.random_walker import RandomWalker
from hsi.inference.self_training import PER_CLASS, SURE, of_map, self_trained
from hsi.inference.smoothing import image_of

SHAPE = (24, 30)
ALL = np.ones(SHAPE, bool)
WALKER = RandomWalker("training", sharpness=1.0, gamma=0.001, beta=1.0, borders=0.0)


@pytest.fixture
def truth():
    """Two classes, one above the other."""
    return np.repeat([0, 1], SHAPE[0] // 2 * SHAPE[1]).reshape(SHAPE)


@pytest.fixture
def cube(truth):
    """Both classes grow brighter to the right: class 0 there looks as class 1 does on the left."""
    image = np.random.default_rng(0).normal(0, 0.3, (2, *SHAPE)).astype(np.float32)
    image[0] += 2 * truth
    image += 0.15 * np.arange(SHAPE[1], dtype=np.float32)
    return PaddedCube.of(image, None, 1)


@pytest.fixture
def labelled(truth, cube):
    """Labels of both classes, on the left alone."""
    rows, columns = np.array([*product([2, 8, 15, 21], [2, 5, 8])]).T
    pixels = Pixels(rows, columns, truth[rows, columns], np.full(len(rows), TRAIN))
    return LabelledScene(cube, ALL, pixels, np.arange(len(pixels)) // 2)


def fitted(scene):
    model = LDA(2, folds=2, shrinkage=[0.1])
    features = torch.from_numpy(scene.cube.at(scene.pixels.rows, scene.pixels.columns))
    model.fit(features, torch.from_numpy(scene.pixels.targets), torch.from_numpy(scene.groups), 0)
    return model


def trained(scene, model):
    walker = WALKER.prepared(image_of(scene.cube), ALL)
    return self_trained(walker, model, scene, folds=2, seed=0)


def test_it_learns_what_a_class_looks_like_where_the_walk_has_carried_its_label(labelled, truth):
    alone = fitted(labelled)
    taught, _ = trained(labelled, alone)
    before, after = (
        (labelled.probabilities(each).argmax(2) == truth).mean() for each in (alone, taught)
    )
    assert before < 0.85
    assert after > before + 0.1, (before, after)


def test_the_same_seed_gives_the_same_comparator_and_leaves_the_given_one_as_it_was(labelled):
    given = fitted(labelled)
    before = [each.clone() for each in given.parameters()]
    first, second = trained(labelled, given), trained(labelled, given)
    assert first[1] == second[1]
    for one, other in zip(first[0].parameters(), second[0].parameters(), strict=True):
        assert torch.equal(one, other)
    assert all(torch.equal(*each) for each in zip(given.parameters(), before, strict=True))


def test_the_temperature_is_fitted_to_answers_that_the_labels_left_out_do_not_anchor(
    labelled, monkeypatch
):
    seen = []

    def spy(probability, targets):
        seen.append((probability, targets))
        return 1.5

    monkeypatch.setattr(self_training, "fit_temperature", spy)
    assert trained(labelled, fitted(labelled))[1] == 1.5
    ((probability, targets),) = seen
    assert sorted(targets) == sorted(labelled.pixels.targets)
    assert probability.max() < 1, "an anchor is one class for certain"


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
