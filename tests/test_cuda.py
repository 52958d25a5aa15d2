"""What only a GPU can show. Without one all of it is skipped, and the summary of tests says so."""

import numpy as np
import pytest
import torch
from comparators.blobs import blobs
from comparators.test_comparator import QUICK
from examples import NETWORKS, SCENE, WINDOWS, network, probabilities, small, training

from hsi.choices import COMPARATORS
from hsi.cube.padded import PaddedCube, pad
from hsi.training.samples import Samples

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="NO GPU HERE: nothing of CUDA has been tested"
)


def scene(device: str) -> tuple[torch.Tensor, Samples]:
    """A padded cube of three classes that differ in their mean, and some labelled pixels."""
    generator = np.random.default_rng(0)
    classes = np.arange(21) * 3 // 21
    cube = generator.normal(size=(13, 20, 21)) + 2 * np.sin(classes + np.arange(13)[:, None, None])
    rows, columns = generator.integers(0, 20, 60), generator.integers(0, 21, 60)
    padded = torch.from_numpy(pad(cube.astype(np.float32), 9)).to(device)
    tensors = [torch.from_numpy(each).to(device) for each in (rows, columns, classes[columns])]
    return padded, Samples(*tensors)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_classifies_as_the_cpu_does_in_full_float32(name):
    torch.manual_seed(0)
    model = network(name, components=13, window=9, classes=4, attention="se")
    cube = np.random.default_rng(0).normal(size=(13, 7, 8)).astype(np.float32)
    padded = PaddedCube.of(cube, None, 9)
    rows, columns = (each.ravel() for each in np.indices((7, 8)))
    expected = probabilities(model, padded, None, rows, columns, turns=True)
    found = probabilities(model.cuda(), padded, None, rows, columns, turns=True)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("recipe", [SCENE, WINDOWS], ids=["scene", "windows"])
def test_it_learns_on_a_gpu(recipe, precision):
    model = small().cuda()
    _, epochs = training(*scene("cuda"), recipe, epochs=30, model=model, precision=precision)
    losses = [epoch.loss for epoch in epochs]
    assert losses[0] > 0.9
    assert losses[-1] < 0.2
    assert {each.device.type for each in model.parameters()} == {"cuda"}


def test_a_gpu_takes_the_step_that_a_cpu_takes():
    found = []
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        model = small(batch_norm=False, dropout=0.0).to(device)
        plain = {"augment": False, "schedule": "constant", "rate": 1e-3}
        _, epochs = training(*scene(device), SCENE, epochs=2, model=model, **plain)
        found.append([epoch.loss for epoch in epochs])
    assert found[0] == pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("name", COMPARATORS)
def test_a_comparator_fitted_on_a_gpu_says_what_one_fitted_on_the_cpu_says(name):
    features, targets, groups = blobs(3, 120, group=6)
    answers = []
    for device in ("cpu", "cuda"):
        model = COMPARATORS[name].load()(3, **QUICK[name])
        model.fit(features.to(device), targets.to(device), groups, seed=1)
        again = model.refitted(features.to(device), targets.to(device), seed=1)
        assert {each.device.type for each in again.parameters()} == {device}
        answers.append(again(features.to(device)).softmax(1).cpu())
    torch.testing.assert_close(answers[0], answers[1], atol=1e-3, rtol=0)
