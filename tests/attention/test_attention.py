"""What every attention module, or several of them, must do, whatever its idea."""

from functools import partial
from itertools import permutations

import pytest
import torch
from attention.plain import (
    GATES,
    OF_CHANNELS,
    PLAIN,
    SETTINGS,
    SPACE,
    count,
    fresh,
    gate,
    noise,
    random,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hsi.choices import ATTENTIONS

VARIANTS = [*((name, {}) for name in SETTINGS), ("se", {"bias": True})]
SEEDS = st.integers(0, 2**32 - 1)

by_axes = pytest.mark.parametrize("axes", SPACE)
by_variant = pytest.mark.parametrize(("name", "changes"), VARIANTS, ids=str)


def test_every_attention_has_settings_and_a_second_implementation_here():
    assert SETTINGS.keys() == PLAIN.keys() == ATTENTIONS.keys()
    for name, chosen in SETTINGS.items():
        assert chosen.keys() == ATTENTIONS[name].settings.keys()


def test_no_attention_has_no_parameters_and_changes_nothing():
    made, x = fresh("none"), noise()
    assert count(made) == 0
    assert torch.equal(made(x), x)


def compare(name, made, x):
    """Assert equal values and gradients; return the gradients of the parameters."""
    x.requires_grad_()
    ours, plain = made(x), PLAIN[name](made, x)
    assert ours.shape == x.shape
    torch.testing.assert_close(ours, plain, atol=1e-5, rtol=0)
    into, weights = [x, *made.parameters()], torch.randn_like(x)
    found, expected = (torch.autograd.grad((out * weights).sum(), into) for out in (ours, plain))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    return expected[1:]


@by_axes
@by_variant
def test_values_and_gradients_are_those_of_the_paper(name, changes, axes):
    made, x = random(name, axes, **changes), noise(axes)
    for gradient in compare(name, made, x):
        # not zero in both: every weight has an effect, except where a ReLU may silence it
        assert (gradient != 0).any()
        assert (gradient != 0).all() or name in {"se", "channel", "cbam"}
    single = made.float()
    x = x.detach().float()
    torch.testing.assert_close(single(x), PLAIN[name](single, x), atol=1e-5, rtol=1e-5)


ANY = {
    "reduction": st.integers(1, 10),
    "kernel": st.sampled_from([1, 3, 5, 7]),
    "bias": st.booleans(),
    "gamma": st.floats(0.5, 3),
    "b": st.floats(-4, 4),
}


@settings(max_examples=20)
@given(data=st.data(), seed=SEEDS)
@pytest.mark.parametrize("name", ATTENTIONS)
def test_they_are_for_any_settings_and_any_small_map(name, data, seed):
    chosen = {key: data.draw(ANY[key], key) for key in SETTINGS[name]}
    batch, channels = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 8))
    sides = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=3))
    torch.manual_seed(seed)
    x = torch.randn(batch, channels, *sides, dtype=torch.float64)
    compare(name, random(name, len(sides), channels, **chosen), x)


@by_axes
@by_variant
@pytest.mark.parametrize(
    "optimize",
    [partial(torch.optim.SGD, lr=1.0), partial(torch.optim.Adam, lr=0.01)],
    ids=["sgd", "adam"],
)
def test_every_parameter_moves_within_two_steps_of_its_own_start(name, changes, axes, optimize):
    made = fresh(name, axes, 16, **changes)
    start = {key: value.detach().clone() for key, value in made.named_parameters()}
    still = []
    optimizer = optimize(made.parameters()) if start else None
    for batch in (3, 1):
        x = noise(axes, 16, batch).float()
        out = made(x)
        assert out.shape == x.shape
        assert torch.isfinite(out).all()
        if optimizer:
            optimizer.zero_grad()
            (out * torch.randn_like(out)).sum().backward()
            optimizer.step()
        moved = {key: (value - start[key]).abs().max() for key, value in made.state_dict().items()}
        assert all(map(torch.isfinite, moved.values()))
        still.append([key for key, by in moved.items() if by < 1e-6])
    # the last convolution of the non-local block starts as zero and passes no gradient on at first
    inner = ["theta.weight", "theta.bias", "phi.weight", "g.weight", "g.bias"]
    assert still == [inner if name == "nonlocal" else [], []]


@by_axes
@by_variant
def test_the_answer_for_a_sample_does_not_depend_on_its_batch(name, changes, axes):
    made, x = random(name, axes, **changes), noise(axes, batch=3)
    alone = torch.cat([made(sample[None]) for sample in x])
    torch.testing.assert_close(made(x), alone)


LAST = ("gate.2.weight", "shared.2.weight", "mix.weight", "across.weight")  # before the sigmoid


@by_axes
@pytest.mark.parametrize("name", GATES)
def test_a_gate_can_silence_a_map_and_let_it_pass(name, axes):
    made, x = random(name, axes), noise(axes).abs() + 0.5
    ratios = []
    for push in (-50.0, 50.0):
        for key, parameter in made.named_parameters():
            nn.init.constant_(parameter, push if key.endswith(LAST) else 1.0)
        ratios.append(gate(made, x))
    assert ratios[0].max() < 0.01
    assert ratios[1].min() > 0.99


@by_axes
@pytest.mark.parametrize("name", GATES)
@settings(max_examples=10)
@given(seed=SEEDS, size=st.floats(0.01, 100))
def test_a_gate_changes_no_sign_and_enlarges_no_value(name, axes, seed, size):
    torch.manual_seed(seed)
    made, x = random(name, axes), size * noise(axes)
    out = made(x)
    assert (out.abs() <= x.abs()).all()
    assert (out * x >= 0).all()


@by_axes
@pytest.mark.parametrize("name", [*OF_CHANNELS, "nonlocal"])
@settings(max_examples=10)
@given(seed=SEEDS)
def test_order_and_axes_of_positions_do_not_matter_to_what_treats_them_alike(name, axes, seed):
    torch.manual_seed(seed)
    made, x = random(name, axes), noise(axes)
    flat, out = x.flatten(2), made(x)
    order = torch.randperm(flat.shape[2])
    torch.testing.assert_close(made(flat[:, :, order]), out.flatten(2)[:, :, order])
    other = random(name, 5 - axes)
    other.load_state_dict(made.state_dict())
    longer = x.unflatten(3, (-1, 1)) if axes == 2 else x.flatten(2, 3)
    torch.testing.assert_close(other(longer), out.view_as(longer))


@by_axes
@pytest.mark.parametrize("name", [*OF_CHANNELS, "spatial"])
def test_a_gate_is_the_same_along_what_it_pools(name, axes):
    found = gate(random(name, axes), noise(axes)).flatten(2)
    one = found[:, :1] if name == "spatial" else found[:, :, :1]
    torch.testing.assert_close(found, one.expand_as(found))
    assert found.std() > 1e-3


PERMUTATIONS = [order for axes in SPACE for order in permutations(range(axes))][1:]


@pytest.mark.parametrize("order", PERMUTATIONS, ids=str)
@pytest.mark.parametrize("name", ["spatial", "strip"])
def test_axes_may_change_places_if_their_weights_do(name, order):
    made, x = random(name, len(order)), noise(len(order))
    permuted = (0, 1, *(axis + 2 for axis in order))
    straight = made(x).permute(permuted)
    if name == "strip":
        made.along = nn.ModuleList(made.along[axis] for axis in order)
    else:
        made.mix.weight = nn.Parameter(made.mix.weight.permute(permuted))
    torch.testing.assert_close(made(x.permute(permuted)), straight)


@by_axes
@pytest.mark.parametrize("name", [*OF_CHANNELS, "spatial"])
@settings(max_examples=10)
@given(seed=SEEDS, factor=st.floats(0.1, 3))
def test_the_logits_of_a_gate_without_bias_are_proportional_to_its_input(name, axes, seed, factor):
    torch.manual_seed(seed)
    made, x = random(name, axes), noise(axes) / 4  # smaller than where the sigmoid rounds to 1
    grown, logits = torch.logit(gate(made, factor * x)), torch.logit(gate(made, x))
    torch.testing.assert_close(grown, factor * logits, atol=1e-5, rtol=1e-5)


@by_axes
@pytest.mark.parametrize("name", ["eca", "strip"])
def test_the_logits_of_a_gate_of_means_are_linear(name, axes):
    made, x, y = random(name, axes), noise(axes), noise(axes)
    if name == "strip":
        nn.init.zeros_(made.mix.bias)
    logits = [torch.logit(gate(made, each)) for each in (2 * x - y, x, y)]
    torch.testing.assert_close(logits[0], 2 * logits[1] - logits[2])
