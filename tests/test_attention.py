"""Each module against a second, plain reading of its paper's equations: values and gradients."""

import math
from itertools import product

import pytest
import torch
from test_models import SETTINGS
from torch import nn

from hsi.attention import ATTENTION, refuse_twice
from hsi.attention.eca import kernel_size
from hsi.attention.residual import PlusInput

MAPS = {2: (2, 6, 4, 5), 3: (2, 6, 3, 4, 5)}  # (batch, channels, *space)


def module(name: str, axes: int = 2, channels: int = 6, **changes) -> nn.Module:
    torch.manual_seed(1)
    made = ATTENTION[name].load()(channels, **{**SETTINGS[name], **changes}, axes=axes)
    for parameter in made.parameters():  # away from zeros and from the flat part of the sigmoid
        nn.init.normal_(parameter, std=0.7)
    return made.double()


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def positions(x):
    return list(product(*(range(side) for side in x.shape[2:])))


def plain_none(made, x):
    return x


def plain_se(made, x):
    first, second = made.gate[0], made.gate[2]
    out = []
    for sample in x:
        z = torch.stack([plane.sum() / plane.numel() for plane in sample])
        hidden = torch.einsum("hc,c->h", first.weight, z)
        hidden = hidden if first.bias is None else hidden + first.bias
        s = torch.einsum("ch,h->c", second.weight, hidden * (hidden > 0))
        s = sigmoid(s if second.bias is None else s + second.bias)
        out.append(torch.stack([gate * plane for gate, plane in zip(s, sample, strict=True)]))
    return torch.stack(out)


def plain_channel(made, x):
    down, up = made.shared[0].weight, made.shared[2].weight
    out = []
    for sample in x:
        means = torch.stack([plane.sum() / plane.numel() for plane in sample])
        maxima = torch.stack([plane.flatten().max() for plane in sample])
        total = sum(up @ torch.relu(down @ pooled) for pooled in (means, maxima))
        out.append(
            torch.stack([sigmoid(w) * plane for w, plane in zip(total, sample, strict=True)])
        )
    return torch.stack(out)


def plain_spatial(made, x):
    (weight,) = made.mix.weight  # (2, *kernel)
    reach = weight.shape[1] // 2
    mean, maximum = x.sum(1) / x.shape[1], x.max(1).values
    gate = torch.zeros_like(mean)
    shifts = list(product(range(-reach, reach + 1), repeat=x.ndim - 2))
    for here in positions(x):
        for shift in shifts:
            there = tuple(a + b for a, b in zip(here, shift, strict=True))
            if all(0 <= p < side for p, side in zip(there, x.shape[2:], strict=True)):
                tap = tuple(each + reach for each in shift)
                at = (slice(None), *there)
                seen = weight[(0, *tap)] * mean[at] + weight[(1, *tap)] * maximum[at]
                gate = gate.index_put(
                    tuple(torch.tensor(i) for i in ((0, 1), *((p, p) for p in here))),
                    seen,
                    accumulate=True,
                )
    return x * sigmoid(gate)[:, None]


def plain_cbam(made, x):
    return plain_spatial(made[1], plain_channel(made[0], x))


def plain_eca(made, x):
    taps = made.across.weight.flatten()
    reach, channels = len(taps) // 2, x.shape[1]
    means = [x[:, c].flatten(1).sum(1) / x[0, 0].numel() for c in range(channels)]
    out = []
    for c in range(channels):
        near = [k for k in range(-reach, reach + 1) if 0 <= c + k < channels]
        gate = sigmoid(sum(taps[k + reach] * means[c + k] for k in near))
        out.append(x[:, c] * gate.view(-1, *[1] * (x.ndim - 2)))
    return torch.stack(out, 1)


def plain_nonlocal(made, x):
    def embed(convolution):
        bias = 0 if convolution.bias is None else convolution.bias[None, :, None]
        return torch.einsum("oc,bcn->bon", convolution.weight[..., 0], x.flatten(2)) + bias

    theta, phi, g = embed(made.theta), embed(made.phi), embed(made.g)
    f = torch.exp(torch.einsum("bci,bcj->bij", theta, phi))
    y = torch.einsum("bij,bcj->bci", f, g) / f.sum(2)[:, None]
    mixed = torch.einsum("oc,bcn->bon", made.out.weight[..., 0], y) + made.out.bias[:, None]
    return mixed.reshape(x.shape) + x


def plain_strip(made, x):
    spaces = x.shape[2:]
    weight = made.mix.weight[..., 0]
    profiles = []
    for axis, side in enumerate(spaces):
        (convolution,) = [made.along[axis].weight]  # (out, in, kernel)
        reach = convolution.shape[2] // 2
        strips = torch.stack([x.select(axis + 2, i).flatten(2).mean(2) for i in range(side)])
        profiles.append(
            [
                sum(
                    strips[i + k - reach] @ convolution[:, :, k].T
                    for k in range(convolution.shape[2])
                    if 0 <= i + k - reach < side
                )
                for i in range(side)
            ]
        )
    out = torch.empty_like(x)
    gates = {}
    for here in positions(x):
        y = sum(profiles[axis][i] for axis, i in enumerate(here))
        gates[here] = sigmoid(y @ weight.T + made.mix.bias)
    flat = torch.stack([gates[here] for here in positions(x)], 2)
    return x * flat.reshape(out.shape)


PLAIN = {
    "none": plain_none,
    "se": plain_se,
    "channel": plain_channel,
    "spatial": plain_spatial,
    "cbam": plain_cbam,
    "eca": plain_eca,
    "nonlocal": plain_nonlocal,
    "strip": plain_strip,
}


def test_every_attention_has_small_settings_and_a_second_reading():
    assert list(SETTINGS) == list(PLAIN) == list(ATTENTION)
    for name, settings in SETTINGS.items():
        assert settings.keys() == ATTENTION[name].settings.keys()


VARIANTS = [(name, {}) for name in ATTENTION] + [("se", {"bias": True})]


@pytest.mark.parametrize("axes", MAPS)
@pytest.mark.parametrize(("name", "changes"), VARIANTS, ids=str)
def test_values_and_gradients_are_those_of_the_paper(name, changes, axes):
    made = module(name, axes, **changes)
    x = torch.randn(MAPS[axes], dtype=torch.float64, requires_grad=True)
    ours, plain = made(x), PLAIN[name](made, x)
    assert ours.shape == x.shape
    torch.testing.assert_close(ours, plain, atol=1e-5, rtol=0)
    into = [x, *made.parameters()]
    weights = torch.randn_like(x)
    found, expected = (torch.autograd.grad((out * weights).sum(), into) for out in (ours, plain))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
    torch.testing.assert_close(made.float()(x.float()), plain.float(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("axes", MAPS)
@pytest.mark.parametrize(("name", "changes"), VARIANTS[1:], ids=str)
def test_every_parameter_moves_from_its_own_start(name, changes, axes):
    torch.manual_seed(0)
    made = ATTENTION[name].load()(16, **{**SETTINGS[name], **changes}, axes=axes)
    before = {key: value.clone() for key, value in made.named_parameters()}
    optimizer = torch.optim.SGD(made.parameters(), 1.0)
    for batch in (3, 1):
        x = torch.randn(batch, 16, *MAPS[axes][2:])
        optimizer.zero_grad()
        (made(x) * torch.randn_like(x)).sum().backward()
        optimizer.step()
    for key, value in made.named_parameters():
        assert torch.isfinite(value).all()
        moved = (value - before[key]).abs()
        assert moved.min() > 0 or "gate" in key or "shared" in key, f"{key}: a dead number"
        assert moved.max() > 1e-6, f"{key} never moves"


GATES = ["se", "channel", "spatial", "cbam", "eca", "strip"]


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize(("push", "expected"), [(50.0, 1.0), (-50.0, 0.0)])
def test_a_gate_reaches_nothing_and_everything(name, push, expected):
    made = module(name)
    for parameter in made.parameters():
        nn.init.constant_(parameter, 1.0)
    last = {
        "se": "gate.2.weight",
        "channel": "shared.2.weight",
        "spatial": "mix.weight",
        "eca": "across.weight",
        "strip": "mix.weight",
    }
    halves = made if name == "cbam" else [made]
    names = ["channel", "spatial"] if name == "cbam" else [name]
    for half, which in zip(halves, names, strict=True):
        nn.init.constant_(half.get_parameter(last[which]), push)
    x = torch.rand(MAPS[2], dtype=torch.float64) + 0.5
    torch.testing.assert_close(made(x), expected * x, atol=0.01, rtol=0)


@pytest.mark.parametrize("name", GATES)
def test_a_gate_never_turns_or_enlarges_a_value(name):
    made, x = module(name), torch.randn(MAPS[2], dtype=torch.float64)
    ratio = made(x) / x
    assert (ratio > 0).all()
    assert (ratio < 1).all()


def logit(made, x):
    return torch.logit(made(x) / x)


@pytest.mark.parametrize("name", ["se", "channel", "eca", "spatial"])
def test_what_a_gate_without_bias_sees_scales_with_its_input(name):
    made, x = module(name), torch.rand(MAPS[2], dtype=torch.float64) + 0.1
    torch.testing.assert_close(logit(made, 3 * x), 3 * logit(made, x))


@pytest.mark.parametrize("name", ["se", "channel", "eca", "nonlocal"])
def test_what_pools_all_positions_alike_does_not_care_where_they_are(name):
    made, x = module(name), torch.randn(MAPS[2], dtype=torch.float64).flatten(2)
    order = torch.randperm(x.shape[2])
    torch.testing.assert_close(made(x)[:, :, order], made(x[:, :, order]))
    torch.testing.assert_close(made(x.view(MAPS[2])), made(x).view(MAPS[2]))


def test_spatial_attention_does_not_care_for_the_order_of_channels():
    made, x = module("spatial"), torch.randn(MAPS[2], dtype=torch.float64)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(made(x)[:, order], made(x[:, order]))


def test_strips_turn_with_the_map_if_their_convolutions_change_places():
    made, x = module("strip"), torch.randn(MAPS[2], dtype=torch.float64)
    straight = made(x)
    made.along = nn.ModuleList([made.along[1], made.along[0]])
    torch.testing.assert_close(made(x.mT).mT, straight)
    # a gate is a sum over axes inside the sigmoid: mixed differences of logits vanish
    inside = torch.logit(straight / x)
    mixed = inside[:, :, 1:, 1:] - inside[:, :, 1:, :-1] - inside[:, :, :-1, 1:]
    torch.testing.assert_close(mixed + inside[:, :, :-1, :-1], torch.zeros_like(mixed))


def test_a_new_non_local_block_is_the_identity_and_its_weights_sum_to_one():
    torch.manual_seed(0)
    made, x = ATTENTION["nonlocal"].load()(6, reduction=2), torch.randn(MAPS[2])
    assert torch.equal(made(x), x)
    nn.init.zeros_(made.g.weight)
    nn.init.constant_(made.g.bias, 2.0)
    nn.init.constant_(made.out.weight, 1.0)
    torch.testing.assert_close(made(x), x + 3 * 2.0)  # whatever the softmax, 3 channels of 2
    assert made.phi.bias is None


def test_eca_kernel_is_the_nearest_odd_number():
    # |log2(C) + 1| / 2: 64 -> 3.5, 256 -> 4.5, 512 -> 5, 576 -> 5.08
    assert [kernel_size(c, 2.0, 1.0) for c in (8, 64, 256, 512, 576)] == [3, 3, 5, 5, 5]
    for channels in range(2, 2000, 37):
        assert kernel_size(channels, 2.0, 1.0) % 2 == 1
        assert abs(kernel_size(channels, 2.0, 1.0) - abs(math.log2(channels) + 1) / 2) <= 1


@pytest.mark.parametrize(
    ("name", "settings", "count"),
    [
        ("none", {}, 0),
        ("se", {"reduction": 16, "bias": False}, 2 * 64 * 4),
        ("se", {"reduction": 16, "bias": True}, 2 * 64 * 4 + 64 + 4),
        ("se", {"reduction": 1000, "bias": False}, 2 * 64),
        ("channel", {"reduction": 8}, 2 * 64 * 8),
        ("spatial", {"kernel": 7}, 2 * 49),
        ("cbam", {"reduction": 16, "kernel": 3}, 2 * 64 * 4 + 2 * 9),
        ("eca", {"gamma": 2.0, "b": 1.0}, 3),
        ("nonlocal", {"reduction": 2}, 4 * 64 * 32 + 32 + 32 + 64),
        ("strip", {"kernel": 3, "reduction": 1}, 2 * 3 * 64 * 64 + 64 * 64 + 64),
        ("strip", {"kernel": 3, "reduction": 4}, 2 * 3 * 64 * 16 + 16 * 64 + 64),
    ],
)
def test_parameters_of_64_channels(name, settings, count):
    made = ATTENTION[name].load()(64, **settings)
    assert sum(p.numel() for p in made.parameters()) == count


def test_plus_input_is_x_plus_gated_x_and_adds_nothing_twice():
    made, x = module("se"), torch.randn(MAPS[2], dtype=torch.float64)
    torch.testing.assert_close(PlusInput(made)(x), x + made(x))
    for name in ATTENTION:
        refuse_twice(name, False)
        if name != "nonlocal":
            refuse_twice(name, True)
    with pytest.raises(ValueError, match="may be false for nonlocal"):
        refuse_twice("nonlocal", True)
