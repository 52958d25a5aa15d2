"""A training as params.yaml describes it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from experiments import training as module
from experiments.training import model_recipe, training
from hsi.comparators.comparator import Comparator
from hsi.config import load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.networks.trunk_head import TrunkHead


@pytest.fixture
def ready(cube, truth, tmp_path, monkeypatch):
    """Makes a training ready on the tiny scene, with checkpoints in a folder of its own."""
    monkeypatch.setattr(module, "checkpoint_of", lambda key: tmp_path / f"{key}.pt")
    monkeypatch.setattr(module, "remove_stored", lambda: None)
    sides = np.where(truth > 0, TRAIN, 0).astype(np.uint8)
    pixels = Pixels.of_truth(truth, sides)
    pixels = Pixels(*(each.astype(np.int64) for each in vars(pixels).values()))
    components = cube[..., :13].transpose(2, 0, 1).astype(np.float32) / 1000
    file = tmp_path / "input"
    file.write_bytes(b"content")

    def make(**changes):
        params = load_params()
        model = params.model.model_copy(update={"name": changes["name"]})
        patches = params.patches.model_copy(update={"window": 9})
        params = params.model_copy(update={"model": model, "patches": patches})
        groups = np.arange(len(pixels))
        padded = PaddedCube.of(components, None, 9)
        return params, training(params, padded, pixels, groups, [file], "cpu")

    return make


def test_a_comparator_is_fitted_in_one_epoch_and_a_network_trained_in_many(ready):
    _, comparator = ready(name="knn")
    assert isinstance(comparator.model, Comparator)
    assert comparator.total == 1
    (epoch,) = comparator.epochs
    assert epoch.number == 1
    params, network = ready(name="cnn2d")
    assert isinstance(network.model, TrunkHead)
    assert network.total == params.train.epochs
    before = [each.clone() for each in network.model.parameters()]
    first = next(network.epochs)
    assert first.number == 1
    assert any(
        not torch.equal(old, new)
        for old, new in zip(before, network.model.parameters(), strict=True)
    )


def test_what_decides_a_training_names_its_checkpoint(ready):
    names = [ready(name=name)[1].scratch.name for name in ("knn", "lda", "knn")]
    assert names[0] == names[2] != names[1]
    assert Path(names[0]).suffix == ".pt"


def test_the_recipe_is_that_of_params_yaml():
    params = load_params()
    recipe = model_recipe(params, components=30, classes=16)
    assert (recipe.name, recipe.attention.name) == (params.model.name, params.model.attention)
    assert (recipe.shape.components, recipe.shape.window, recipe.shape.classes) == (
        30,
        params.patches.window,
        16,
    )
