"""The SVM in torch decides as scikit-learn's does, and is tuned to training pixels only."""

import warnings

import numpy as np
import pytest
import torch
from examples import probabilities
from sklearn.svm import SVC

from hsi.comparators.svm import SVM
from hsi.cube.padded import PaddedCube
from hsi.model import ModelRecipe, build_model, load_model, save_model
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape

GRID = {"cost": [1.0, 10.0, 100.0], "gamma": [1 / 16, 1 / 4, 1.0]}


def recipe(classes: int) -> ModelRecipe:
    nowhere = AttentionRecipe("none", {}, None, False)
    return ModelRecipe("svm", {"folds": 5, **GRID}, InputShape(4, 5, classes), nowhere)


def blobs(classes: int, pixels: int, spread: float = 1.0):
    """(pixels, 4) features and targets, each class around a centre of its own."""
    generator = np.random.default_rng(0)
    targets = np.arange(pixels) % classes
    centres = generator.normal(size=(classes, 4))
    return centres[targets] + spread * generator.normal(size=(pixels, 4)), targets


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_it_decides_as_scikit_learns_does(classes):
    features, targets = blobs(classes, 120)
    fitted = SVC(C=10.0, gamma=0.3).fit(features, targets)
    model = build_model(recipe(classes))
    model.take(fitted)
    new = np.random.default_rng(1).normal(size=(50, 4)) * 2
    ours = model(torch.from_numpy(new).float()).numpy()
    theirs = fitted.decision_function(new)
    if classes == 2:
        assert np.array_equal(ours.argmax(1), (theirs > 0).astype(int))
    else:
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_class_without_training_pixels_never_wins():
    features, targets = blobs(4, 80)
    fitted = SVC().fit(features[targets != 2], targets[targets != 2])
    model = build_model(recipe(4))
    model.take(fitted)
    scores = model(torch.from_numpy(features).float())
    assert not (scores.argmax(1) == 2).any()


def test_a_temperature_changes_no_decision():
    features, targets = blobs(3, 60)
    fitted, x = SVC().fit(features, targets), torch.from_numpy(features).float()
    plain, hot = build_model(recipe(3)), build_model(recipe(3))
    plain.take(fitted)
    hot.take(fitted)
    hot.keep(temperature=torch.tensor(4.0))
    torch.testing.assert_close(hot(x), plain(x) / 4)


def alone(targets):
    """Groups of one pixel each."""
    return torch.arange(len(targets))


@pytest.fixture(scope="module")
def scene():
    """(180, 4) features of a 12 x 15 scene of three classes, and the target of each pixel."""
    features, targets = blobs(3, 180, spread=0.8)
    return torch.from_numpy(features).float(), torch.from_numpy(targets)


def fitted(features, targets, some):
    model = build_model(recipe(3))
    return model, model.fit(features[some], targets[some], alone(targets[some]), seed=3)


def test_it_learns_and_its_file_gives_the_same_answer(scene, tmp_path):
    features, targets = scene
    model, loss = fitted(*scene, slice(0, 180, 2))
    cube = PaddedCube.of(features.T.reshape(4, 12, 15).numpy(), None, 5)
    where = [each.ravel() for each in np.indices((12, 15))]
    before = probabilities(model, cube, None, *where, turns=False)
    left_out = np.arange(1, 180, 2)
    assert (before.argmax(1) == targets.numpy())[left_out].mean() > 0.7
    likelihood = before[left_out, targets.numpy()[left_out]]
    assert -np.log(likelihood).mean() == pytest.approx(loss, abs=0.2)
    save_model(tmp_path / "model.safetensors", model, recipe(3))
    again, known = load_model(tmp_path / "model.safetensors", "cpu")
    assert isinstance(again, SVM)
    assert known == recipe(3)
    assert np.array_equal(probabilities(again, cube, None, *where, turns=False), before)


def test_the_same_seed_gives_the_same_bits_and_the_features_are_left_alone(scene):
    features, targets = scene
    before = features.clone()
    models = [fitted(features, targets, slice(0, 90))[0] for _ in range(2)]
    assert torch.equal(features, before)
    for name, value in models[0].state_dict().items():
        assert torch.equal(value, models[1].state_dict()[name]), name


def test_settings_are_chosen_among_those_that_were_given(scene):
    features, targets = scene
    model = SVM(3, folds=3, cost=[1.0], gamma=[0.25])
    model.fit(features, targets, alone(targets), seed=0)
    scale = 1 / (4 * features.double().numpy().var())
    assert model.gamma.item() == pytest.approx(0.25 * scale)
    expected = SVC(C=1.0, gamma=0.25 * scale).fit(features.double(), targets)
    assert model.numbers_per_pixel() == len(expected.support_)


def test_a_class_smaller_than_the_folds_is_no_obstacle(scene):
    features, targets = (each.clone() for each in scene)
    targets[targets == 2] = 0
    targets[7] = 2
    features[7] = 9.0
    with warnings.catch_warnings(action="error"):
        model, _ = fitted(features, targets, slice(0, 60))
    assert model(features[7:8]).argmax(1) == 2


@pytest.mark.parametrize("some", [[0, 1, 2], [0, 3, 6]], ids=["no two of a class", "one class"])
def test_too_few_pixels_to_cross_validate_with_are_refused_in_one_line(scene, some):
    with pytest.raises(ValueError, match=r"a comparator needs two classes .*; raise split\.train"):
        fitted(*scene, some)
