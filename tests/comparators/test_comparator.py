"""What all comparators have in common, on one as small as one can be."""

import numpy as np
import pytest
import torch
from comparators.blobs import blobs
from scipy.special import log_softmax

from hsi.choices import COMPARATORS
from hsi.comparators.comparator import KERNEL, Comparator, calibrated
from hsi.networks.memory import LARGEST_TILE

# Of each comparator, settings that are quick to fit.
QUICK = {
    "svm": {"folds": 3, "cost": [1.0, 10.0], "gamma": [0.25]},
    "random_forest": {"folds": 3, "trees": 12, "leaf": [1, 3]},
    "extra_trees": {"folds": 3, "trees": 12, "leaf": [1, 3]},
    "kernel_ridge": {"gamma": [0.3, 1.0], "ridge": [0.03, 0.3], "most": 2000},
    "lda": {"folds": 3, "shrinkage": [0.001, 0.5]},
    "knn": {"folds": 3, "neighbours": [1, 5]},
}


class NearestMean(Comparator):
    """The class of the nearest mean of training pixels, all of which are moved by a constant."""

    def __init__(self, classes, offset=(0.0,)):
        super().__init__(classes, 3, {"offset": list(offset)})
        self.learnt_from = []

    def learn(self, features, targets, constants, seed):
        self.learnt_from.append(len(targets))
        means = [features[targets == k].mean(0) for k in range(self.classes)]
        self.keep(means=torch.stack(means) + constants["offset"])

    def scores(self, features):
        return -torch.cdist(features, self.means)

    def numbers_per_pixel(self):
        return self.classes


@pytest.fixture
def fitted():
    model = NearestMean(3)
    assert model.fit(*blobs(3, 60), seed=0) < 0.5
    return model


@pytest.mark.parametrize("at_once", [1, 4, 7, 100])
def test_all_pixels_come_in_reading_order_and_some_in_their_own(fitted, at_once):
    tile = torch.randn(4, 4, 5)
    expected = fitted(tile.flatten(1).T).softmax(1)
    assert torch.equal(fitted.probabilities(tile, None, at_once), expected)
    rows, columns = torch.tensor([3, 0, 1]), torch.tensor([4, 0, 2])
    some = fitted.probabilities(tile, (rows, columns), at_once)
    torch.testing.assert_close(some, expected[rows * 5 + columns])


def test_no_more_pixels_are_read_at_once_than_asked_for(fitted):
    sizes = []
    fitted.register_forward_hook(lambda _, inputs, output: sizes.append(len(output)))
    fitted.probabilities(torch.randn(4, 4, 5), None, 8)
    assert sizes == [8, 8, 4]


def test_memory_is_bounded_by_the_numbers_of_each_pixel(fitted):
    limits = fitted.memory_limits(2)
    assert (limits.pixels, limits.side) == (KERNEL // 3, LARGEST_TILE)
    assert NearestMean(KERNEL).memory_limits(2).pixels == 2
    assert NearestMean(0).memory_limits(2).pixels == KERNEL  # not fitted yet


def test_the_constant_is_chosen_that_is_best_on_groups_left_out():
    model = NearestMean(3, offset=(-50.0, 0.1, 50.0))
    features, targets, groups = blobs(3, 60, group=5)
    loss = model.fit(features, targets, groups, seed=0)
    assert model.chosen.tolist() == [0.1]
    assert loss < 0.5
    assert model.learnt_from[-1] == 60  # in the end from all pixels
    assert max(model.learnt_from[:-1]) < 60
    again = model.refitted(features[:30], targets[:30], seed=0)
    assert again.chosen.tolist() == [0.1]
    assert again.temperature == model.temperature
    assert not torch.equal(again.means, model.means)


def test_the_temperature_has_the_least_cross_entropy_and_changes_no_decision():
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 3, 200)
    scores = 9 * generator.normal(size=(200, 3))
    scores[np.arange(200), targets] += 4
    temperature, loss = calibrated(scores, targets)

    def cross_entropy(at):
        return -log_softmax(scores / at, 1)[np.arange(200), targets].mean()

    assert loss == pytest.approx(cross_entropy(temperature))
    assert loss < min(cross_entropy(1.02 * temperature), cross_entropy(0.98 * temperature))


@pytest.mark.parametrize("some", [[0, 1, 2], [0, 3, 6]], ids=["no two of a class", "one class"])
def test_too_few_pixels_to_cross_validate_with_are_refused_in_one_line(some):
    features, targets, groups = (each[some] for each in blobs(3, 9))
    with pytest.raises(ValueError, match=r"needs two classes .*; raise split\.train"):
        NearestMean(3).fit(features, targets, groups, seed=0)


def test_the_quick_settings_are_those_of_every_comparator():
    assert {name: set(each) for name, each in QUICK.items()} == {
        name: set(choice.settings) for name, choice in COMPARATORS.items()
    }


@pytest.mark.parametrize("name", COMPARATORS)
def test_every_comparator_learns_repeats_itself_and_survives_its_state(name):
    features, targets, groups = blobs(3, 180, group=6)
    left_out = groups % 4 == 0
    models = [COMPARATORS[name].load()(3, **QUICK[name]) for _ in range(3)]
    assert models[0].window == 1
    before = features.clone()
    for model in models[:2]:
        loss = model.fit(features[~left_out], targets[~left_out], groups[~left_out], seed=1)
    assert torch.equal(features, before)
    answers = models[0](features).softmax(1)
    right = answers.argmax(1) == targets
    assert right[left_out].float().mean() > 0.85
    likelihood = answers[left_out, targets[left_out]].log()
    assert -likelihood.mean().item() == pytest.approx(loss, abs=0.25)
    for (key, value), other in zip(
        models[0].state_dict().items(), models[1].state_dict().values(), strict=True
    ):
        assert torch.equal(value, other), key
    models[2].load_state_dict(models[0].state_dict(), assign=True)
    assert torch.equal(models[2](features), models[0](features))
    assert models[0].numbers_per_pixel() > 0


@pytest.mark.parametrize("name", COMPARATORS)
def test_a_class_without_training_pixels_never_wins(name):
    features, targets, groups = blobs(4, 80, group=4)
    model = COMPARATORS[name].load()(4, **QUICK[name])
    there = targets != 2
    model.fit(features[there], targets[there], groups[there], seed=0)
    assert not (model(features).argmax(1) == 2).any()


@pytest.mark.parametrize("name", COMPARATORS)
def test_two_classes_are_enough(name):
    features, targets, groups = blobs(2, 60, group=3)
    model = COMPARATORS[name].load()(2, **QUICK[name])
    model.fit(features, targets, groups, seed=0)
    assert (model(features).argmax(1) == targets).float().mean() > 0.85
