from dataclasses import replace

import pytest
import torch
from examples import QUICK, SETTINGS, WINDOWS, small

from hsi.cube.symmetry import SYMMETRIES
from hsi.training.samples import Samples
from hsi.training.scene_step import scene_step
from hsi.training.window_step import window_step


def test_it_computes_the_gradient_that_a_step_over_the_scene_computes(padded, samples):
    torch.manual_seed(0)
    model = small(batch_norm=False, dropout=0.0)
    how = replace(WINDOWS, augment=False)
    found = []
    for step in (window_step, lambda *arguments: scene_step(*arguments, at_once=1000)):
        model.zero_grad()
        loss = step(model, padded, samples, how).item()
        found.append((loss, {name: p.grad.clone() for name, p in model.named_parameters()}))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for name, gradient in found[0][1].items():
        torch.testing.assert_close(found[1][1][name], gradient, atol=1e-6, rtol=1e-3)


def test_each_window_lies_its_own_way_if_it_is_augmented(padded, samples):
    model, read = small(), []
    model.trunk.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    one = samples[torch.zeros(64, dtype=torch.int64)]  # the same pixel 64 times
    for augment, ways in ((True, SYMMETRIES), (False, 1)):
        window_step(model, padded, one, replace(WINDOWS, augment=augment))
        assert len(read.pop().unique(dim=0)) == ways


@pytest.mark.parametrize(
    ("name", "attention"),
    [
        *(("hybridsn", attention) for attention in SETTINGS),
        *((name, "none") for name in QUICK[1:]),
    ],
)
def test_a_step_never_waits_for_its_device(name, attention):
    """Torch's meta device stands in for a GPU: it refuses to mix devices and to tell a value."""
    model = small(name, attention=attention).to("meta")
    samples = Samples(*torch.empty(3, 20, dtype=torch.int64, device="meta"))
    how = replace(WINDOWS, smoothing=0.1)
    loss = window_step(model, torch.empty(13, 28, 29, device="meta"), samples, how)
    assert loss.device.type == "meta"
    assert all(each.grad is not None for each in model.parameters())
