from dataclasses import replace

import pytest
import torch
from examples import QUICK, SCENE, SETTINGS, small

from hsi.training.samples import Samples
from hsi.training.scene_step import head_step, scene_step


def gradients(model, padded, samples, at_once, **changes):
    """The gradient of every parameter after one step, with the same symmetry in every call."""
    torch.manual_seed(1)
    model.zero_grad()
    scene_step(model, padded, samples, replace(SCENE, smoothing=0.1, **changes), at_once)
    return {name: p.grad.clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("attention", SETTINGS)
def test_parts_of_the_windows_give_the_gradient_of_all_at_once(padded, samples, attention):
    torch.manual_seed(0)
    both = ["conv2d", "conv3d"]
    model = small(batch_norm=False, dropout=0.0, attention=attention, at=both)
    whole = gradients(model, padded, samples, 1000)
    parts = gradients(model, padded, samples, 7)
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, atol=1e-6, rtol=1e-3)


def test_the_gradient_is_that_of_autograd_through_all_windows(padded, samples):
    torch.manual_seed(0)
    model = small(batch_norm=False, dropout=0.0)
    found = gradients(model, padded, samples, 7, augment=False)
    windows = padded.unfold(1, 9, 1).unfold(2, 9, 1)[:, samples.rows, samples.columns]
    scores = model(windows.transpose(0, 1)[:, None])
    loss = torch.nn.functional.cross_entropy(scores, samples.targets, label_smoothing=0.1)
    for expected, gradient in zip(
        torch.autograd.grad(loss, list(model.parameters())), found.values(), strict=True
    ):
        torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=1e-3)


def test_bfloat16_points_the_gradient_where_float32_does(padded, samples):
    torch.manual_seed(0)
    model = small(batch_norm=False, dropout=0.0, attention="se")
    exact = gradients(model, padded, samples, 1000)
    rounded = gradients(model, padded, samples, 7, precision="bfloat16")
    for name, gradient in exact.items():
        assert rounded[name].dtype == torch.float32
        assert not torch.equal(rounded[name], gradient), f"{name} was not computed in bfloat16"
        torch.testing.assert_close(rounded[name].norm(), gradient.norm(), rtol=0.05, atol=0)
        cosine = torch.cosine_similarity(rounded[name].flatten(), gradient.flatten(), dim=0)
        assert cosine > 0.99, name


def test_the_scene_lies_in_all_eight_ways_if_it_is_augmented_and_in_one_if_not(padded, samples):
    torch.manual_seed(0)
    model = small("cnn2d", batch_norm=False, dropout=0.0)
    for augment, ways in ((True, 8), (False, 1)):
        how = replace(SCENE, augment=augment)
        losses = {scene_step(model, padded, samples, how, 1000).item() for _ in range(60)}
        assert len(losses) == ways


def test_a_trunk_without_weights_is_given_no_gradient(padded, samples):
    model = small("se_resnet18")
    features = model.trunk(padded[None, None]).squeeze(0)
    loss, gradient = head_step(model, features, samples[torch.arange(8)], SCENE, at_once=4)
    assert loss > 0
    assert not gradient.any()


def never_waits(model):
    """Train and classify on torch's meta device, which stands in for a GPU.

    It refuses to mix devices and to tell a value, so whatever would make Python wait for a GPU
    fails here.
    """
    model.to("meta")
    padded = torch.empty(13, 28, 29, device="meta")
    samples = Samples(*torch.empty(3, 20, dtype=torch.int64, device="meta"))
    loss = scene_step(model, padded, samples, replace(SCENE, smoothing=0.1), at_once=16)
    answers = model.probabilities(padded, (samples.rows, samples.columns), at_once=16)
    assert {each.device.type for each in (loss, answers)} == {"meta"}
    assert answers.shape == (20, 3)
    assert all(each.grad is not None for each in model.parameters())


@pytest.mark.parametrize("attention", SETTINGS)
def test_a_step_never_waits_for_its_device(attention):
    never_waits(small(attention=attention))


@pytest.mark.parametrize("name", QUICK)
def test_no_network_waits_for_its_device(name):
    never_waits(small(name))
