"""The support vector machine in torch is scikit-learn's, and is tuned on training pixels only."""

import warnings

import numpy as np
import pytest
import torch
from conftest import probabilities
from sklearn.svm import SVC

from hsi.fit_svm import fit_svm
from hsi.models.build import build, load, save
from hsi.models.svm import RbfMachine
from hsi.patches import pad


def recipe(classes: int, window: int = 5) -> dict:
    return {
        "name": "svm",
        "components": 4,
        "window": window,
        "classes": classes,
        "batch_norm": True,
        "dropout": 0.4,
        "attention": "none",
        "attention_settings": {},
        "attention_at": None,
        "attention_residual": False,
    }


def blobs(classes: int, pixels: int, spread: float = 1.0):
    """(pixels, 4) features and targets, each class around a centre of its own."""
    generator = np.random.default_rng(0)
    targets = np.arange(pixels) % classes
    centres = generator.normal(size=(classes, 4))
    return centres[targets] + spread * generator.normal(size=(pixels, 4)), targets


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_the_machine_decides_as_scikit_learns_does(classes):
    features, targets = blobs(classes, 120)
    fitted = SVC(C=10.0, gamma=0.3).fit(features, targets)
    machine = RbfMachine(classes)
    machine.take(fitted, temperature=1.0)
    new = np.random.default_rng(1).normal(size=(50, 4)) * 2
    ours = machine(torch.from_numpy(new).float()[:, :, None, None]).numpy()
    theirs = fitted.decision_function(new)
    if classes == 2:
        assert np.array_equal(ours.argmax(1), (theirs > 0).astype(int))
    else:
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_class_without_training_pixels_never_wins():
    features, targets = blobs(4, 80)
    fitted = SVC().fit(features[targets != 2], targets[targets != 2])
    machine = RbfMachine(4)
    machine.take(fitted, temperature=1.0)
    scores = machine(torch.from_numpy(features).float()[:, :, None, None])
    assert not (scores.argmax(1) == 2).any()


@pytest.fixture
def scene():
    """A 12 x 15 cube of 4 components and three classes, every pixel labelled."""
    features, targets = blobs(3, 180, spread=0.8)
    cube = features.T.reshape(4, 12, 15).astype(np.float32)
    rows, columns = (a.ravel() for a in np.indices((12, 15)))
    return pad(cube, 5), rows, columns, targets


def fitted(scene, some):
    padded, rows, columns, targets = scene
    model = build(**recipe(3))
    (epoch,) = fit_svm(
        model, *(torch.from_numpy(a) for a in (padded, rows[some], columns[some], targets[some])),
        seed=3,
    )  # fmt: skip
    return model, epoch


def test_it_learns_and_its_file_gives_the_same_answer(scene, tmp_path):
    padded, rows, columns, targets = scene
    model, epoch = fitted(scene, np.arange(0, 180, 2))
    before = probabilities(model, padded, None, rows, columns, turns=False)
    left_out = np.arange(1, 180, 2)
    assert (before.argmax(1) == targets)[left_out].mean() > 0.7
    likelihood = before[left_out, targets[left_out]]
    assert -np.log(likelihood).mean() == pytest.approx(epoch.loss, abs=0.2)
    save(tmp_path / "model.pt", model, recipe(3))
    again = load(tmp_path / "model.pt", "cpu")
    assert np.array_equal(probabilities(again, padded, None, rows, columns, turns=False), before)


def test_only_training_pixels_decide(scene):
    padded, rows, columns, targets = scene
    some = np.arange(0, 90)  # the upper half
    model, _ = fitted(scene, some)
    changed = padded.copy()
    changed[:, 2 + 6 :] += 7
    other, _ = fitted((changed, rows, columns, targets), some)
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_a_class_smaller_than_the_folds_is_no_obstacle(scene):
    padded, rows, columns, targets = scene
    lonely, padded = targets.copy(), padded.copy()
    lonely[lonely == 2] = 0
    lonely[7] = 2
    padded[:, 2, 2 + 7] = 9.0
    with warnings.catch_warnings(action="error"):
        model, _ = fitted((padded, rows, columns, lonely), np.arange(60))
    answer = probabilities(model, padded, None, rows, columns, turns=False).argmax(1)
    assert answer[7] == 2


def test_nothing_to_cross_validate_with_is_one_line(scene):
    with pytest.raises(ValueError, match=r"svm needs two classes .*; raise split\.train"):
        fitted(scene, np.arange(3))
