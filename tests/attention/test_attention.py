"""Each attention against a second, plain reading of its paper, and what its maths promises."""

import math
from functools import partial
from itertools import permutations, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hsi.attention import ATTENTION, refuse_twice
from hsi.attention.eca import kernel_size
from hsi.attention.residual import PlusInput

# For 6 channels: 3 hidden ones, and 3 taps of ECA (gamma 2 of the paper would leave it 1).
SETTINGS = {
    "none": {},
    "se": {"reduction": 2, "bias": False},
    "channel": {"reduction": 2},
    "spatial": {"kernel": 3},
    "cbam": {"reduction": 2, "kernel": 3},
    "eca": {"gamma": 1.0, "b": 1.0},
    "nonlocal": {"reduction": 2},
    "strip": {"kernel": 3, "reduction": 2},
}
VARIANTS = [*((name, {}) for name in SETTINGS), ("se", {"bias": True})]
GATES = ["se", "channel", "spatial", "cbam", "eca", "strip"]
OF_CHANNELS = ["se", "channel", "eca"]
SPACE = {2: (4, 5), 3: (3, 4, 5)}
SEEDS = st.integers(0, 2**32 - 1)

by_axes = pytest.mark.parametrize("axes", SPACE)
by_variant = pytest.mark.parametrize(("name", "changes"), VARIANTS, ids=str)


def fresh(name: str, axes: int = 2, channels: int = 6, **changes) -> nn.Module:
    return ATTENTION[name].load()(channels, **{**SETTINGS[name], **changes}, axes=axes)


def random(name: str, axes: int = 2, channels: int = 6, **changes) -> nn.Module:
    made = fresh(name, axes, channels, **changes).double()
    for parameter in made.parameters():  # no zeros, and a gate well away from 1/2
        nn.init.normal_(parameter, std=0.7)
    return made


def noise(axes: int = 2, channels: int = 6, batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, channels, *SPACE[axes], dtype=torch.float64)


@pytest.fixture(autouse=True, scope="module")
def one_thread():  # sharing out maps this small takes longer than computing them
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def same_numbers():
    torch.manual_seed(0)


# The second reading. It shares only the parameters with the modules, none of their operations.


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def relu(x):
    return torch.where(x > 0, x, 0)


def mean(x):
    return sum(x[(..., *here)] for here in product(*map(range, x.shape[2:]))) / x[0, 0].numel()


def maximum(x):
    flat = x.flatten(2)
    return flat.gather(2, flat.argmax(2, keepdim=True))[..., 0]


def affine(layer, x):
    out = torch.einsum("oi,bi...->bo...", layer.weight.flatten(1), x)
    return out if layer.bias is None else out + layer.bias.view(-1, *[1] * (x.ndim - 2))


def correlate(weight, x):
    """Weight (out, in, *taps) along x (batch, in, *space), with zeros outside."""
    sides, taps = x.shape[2:], weight.shape[2:]
    out = x.new_zeros(len(x), len(weight), *sides)
    for tap in product(*map(range, taps)):
        moves = [at - size // 2 for at, size in zip(tap, taps, strict=True)]
        to, of = [...], [...]
        for move, side in zip(moves, sides, strict=True):
            to.append(slice(max(0, -move), max(0, min(side, side - move))))
            of.append(slice(min(side, max(0, move)), max(0, min(side, side + move))))
        moved = torch.zeros_like(out)
        moved[tuple(to)] = torch.einsum("oi,bi...->bo...", weight[(..., *tap)], x[tuple(of)])
        out = out + moved
    return out


def scale(x, logits):
    return x * sigmoid(logits).reshape(*logits.shape, *[1] * (x.ndim - logits.ndim))


def plain_none(made, x):
    return x


def plain_se(made, x):
    return scale(x, affine(made.gate[2], relu(affine(made.gate[0], mean(x)))))


def plain_channel(made, x):
    first, second = made.shared[0].weight, made.shared[2].weight
    hidden = [relu(torch.einsum("hc,bc->bh", first, pooled)) for pooled in (mean(x), maximum(x))]
    return scale(x, sum(torch.einsum("ch,bh->bc", second, each) for each in hidden))


def plain_spatial(made, x):
    over_channels = x.flatten(2).mT  # (B, N, C)
    pooled = torch.stack([mean(over_channels), maximum(over_channels)], 1)
    return scale(x, correlate(made.mix.weight, pooled.view(len(x), 2, *x.shape[2:])))


def plain_cbam(made, x):
    return plain_spatial(made[1], plain_channel(made[0], x))


def plain_eca(made, x):
    taps, means, channels = made.across.weight.flatten(), mean(x), x.shape[1]
    logits = [
        sum(
            taps[k] * means[:, c + k - len(taps) // 2]
            for k in range(len(taps))
            if 0 <= c + k - len(taps) // 2 < channels
        )
        for c in range(channels)
    ]
    return scale(x, torch.stack(logits, 1))


def plain_nonlocal(made, x):
    theta, phi, g = (affine(part, x.flatten(2)) for part in (made.theta, made.phi, made.g))
    gathered = []
    for i in range(theta.shape[2]):
        f = torch.exp((theta[:, :, i, None] * phi).sum(1))
        gathered.append((f[:, None] * g).sum(2) / f.sum(1)[:, None])
    return affine(made.out, torch.stack(gathered, 2)).reshape(x.shape) + x


def plain_strip(made, x):
    total = 0
    for axis, convolution in enumerate(made.along, start=2):
        profile = torch.stack([mean(strip) for strip in x.split(1, axis)], 2)
        profile = correlate(convolution.weight, profile)
        total = total + profile.view(
            *profile.shape[:2], *(-1 if other == axis else 1 for other in range(2, x.ndim))
        )
    return scale(x, affine(made.mix, total.expand(-1, -1, *x.shape[2:])))


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


def test_every_attention_has_settings_and_a_second_reading_here():
    assert SETTINGS.keys() == PLAIN.keys() == ATTENTION.keys()
    for name, chosen in SETTINGS.items():
        assert chosen.keys() == ATTENTION[name].settings.keys()


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
        # not zero on both sides: all alive, but for what a ReLU may silence
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


@settings(max_examples=30)
@given(data=st.data(), seed=SEEDS)
@pytest.mark.parametrize("name", ATTENTION)
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
    # W, zero at the start, passes no gradient on in the first step
    inner = ["theta.weight", "theta.bias", "phi.weight", "g.weight", "g.bias"]
    assert still == [inner if name == "nonlocal" else [], []]


@by_axes
@by_variant
def test_each_sample_of_a_batch_is_on_its_own(name, changes, axes):
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
        ratios.append(made(x) / x)
    assert ratios[0].max() < 0.01
    assert ratios[1].min() > 0.99


@by_axes
@pytest.mark.parametrize("name", GATES)
@settings(max_examples=10)
@given(seed=SEEDS, size=st.floats(0.01, 100))
def test_a_gate_turns_and_enlarges_no_value(name, axes, seed, size):
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


def gate(made, x):
    return made(x) / x


@by_axes
@pytest.mark.parametrize("name", [*OF_CHANNELS, "spatial"])
def test_a_gate_is_the_same_along_what_it_pools(name, axes):
    found = gate(random(name, axes), noise(axes)).flatten(2)
    one = found[:, :1] if name == "spatial" else found[:, :, :1]
    torch.testing.assert_close(found, one.expand_as(found))
    assert found.std() > 1e-3


@by_axes
@settings(max_examples=10)
@given(seed=SEEDS)
def test_order_of_channels_does_not_matter_to_spatial_attention(axes, seed):
    torch.manual_seed(seed)
    made, x = random("spatial", axes), noise(axes)
    order = torch.randperm(x.shape[1])
    torch.testing.assert_close(made(x[:, order]), made(x)[:, order])


TURNS = [order for axes in SPACE for order in permutations(range(axes))][1:]


@pytest.mark.parametrize("order", TURNS, ids=str)
@pytest.mark.parametrize("name", ["spatial", "strip"])
def test_axes_may_change_places_if_their_weights_do(name, order):
    made, x = random(name, len(order)), noise(len(order))
    turn = (0, 1, *(axis + 2 for axis in order))
    straight = made(x).permute(turn)
    if name == "strip":
        made.along = nn.ModuleList(made.along[axis] for axis in order)
    else:
        made.mix.weight = nn.Parameter(made.mix.weight.permute(turn))
    torch.testing.assert_close(made(x.permute(turn)), straight)


@by_axes
@pytest.mark.parametrize("name", [*OF_CHANNELS, "spatial"])
@settings(max_examples=10)
@given(seed=SEEDS, factor=st.floats(0.1, 3))
def test_what_a_gate_without_bias_sees_grows_with_its_input(name, axes, seed, factor):
    torch.manual_seed(seed)
    made, x = random(name, axes), noise(axes) / 4  # short of where the sigmoid rounds to 1
    grown, logits = torch.logit(gate(made, factor * x)), torch.logit(gate(made, x))
    torch.testing.assert_close(grown, factor * logits, atol=1e-5, rtol=1e-5)


@by_axes
@pytest.mark.parametrize("name", ["eca", "strip"])
def test_what_a_gate_of_means_sees_is_linear(name, axes):
    made, x, y = random(name, axes), noise(axes), noise(axes)
    if name == "strip":
        nn.init.zeros_(made.mix.bias)
    sees = [torch.logit(gate(made, each)) for each in (2 * x - y, x, y)]
    torch.testing.assert_close(sees[0], 2 * sees[1] - sees[2])


def test_what_strips_see_is_a_sum_over_rows_and_columns():
    sees = torch.logit(gate(random("strip"), noise()))
    mixed = sees.diff(dim=2).diff(dim=3)
    torch.testing.assert_close(mixed, torch.zeros_like(mixed))


@by_axes
def test_a_new_non_local_block_is_the_identity(axes):
    x = noise(axes).float()
    assert torch.equal(fresh("nonlocal", axes)(x), x)


@by_axes
def test_non_local_weights_sum_to_one_and_are_positive(axes):
    made, x = random("nonlocal", axes, reduction=1), noise(axes)
    made.out.weight = nn.Parameter(torch.eye(6, dtype=torch.float64)[..., None])
    nn.init.zeros_(made.out.bias)
    gathered, values = (made(x) - x).flatten(2), affine(made.g, x.flatten(2))
    assert (gathered > values.amin(2, keepdim=True) - 1e-9).all()
    assert (gathered < values.amax(2, keepdim=True) + 1e-9).all()
    assert gathered.std() > 0.1
    nn.init.zeros_(made.g.weight)
    torch.testing.assert_close(made(x), x + made.g.bias.view(-1, *[1] * axes))


@by_axes
def test_non_local_without_theta_gathers_the_mean(axes):
    made, x = random("nonlocal", axes), noise(axes)
    nn.init.zeros_(made.theta.weight)
    nn.init.zeros_(made.theta.bias)
    average = affine(made.out, affine(made.g, mean(x)))
    torch.testing.assert_close(made(x), x + average.view(*average.shape, *[1] * axes))


@by_axes
def test_a_bias_of_phi_would_never_matter(axes):
    made, x = random("nonlocal", axes), noise(axes)
    assert made.phi.bias is None
    without = made(x)
    made.phi.bias = nn.Parameter(torch.randn(3, dtype=torch.float64))
    out = made(x)
    torch.testing.assert_close(out, without)
    (gradient,) = torch.autograd.grad((out * torch.randn_like(x)).sum(), made.phi.bias)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient))


def test_eca_kernels_of_the_paper():
    # (log2 C + 1) / 2 is 2, 3.5, 4, 4.5, 5, 5.08: halfway between two odd numbers, the larger
    assert [kernel_size(c, 2.0, 1.0) for c in (8, 64, 128, 256, 512, 576)] == [3, 3, 5, 5, 5, 5]


@given(channels=st.integers(1, 4096), gamma=st.floats(0.5, 4), b=st.floats(-15, 15))
def test_eca_kernel_is_the_nearest_odd_number(channels, gamma, b):
    exact = abs((math.log2(channels) + b) / gamma)
    assert kernel_size(channels, gamma, b) == max(
        range(1, 99, 2), key=lambda odd: (-abs(odd - exact), odd)
    )


@by_axes
@pytest.mark.parametrize(
    ("name", "channels", "chosen", "count"),
    [
        ("none", 64, {}, lambda axes: 0),
        ("se", 64, {"reduction": 16, "bias": False}, lambda axes: 2 * 64 * 4),
        ("se", 64, {"reduction": 16, "bias": True}, lambda axes: 2 * 64 * 4 + 4 + 64),
        ("se", 64, {"reduction": 1000, "bias": False}, lambda axes: 2 * 64),
        ("channel", 64, {"reduction": 16}, lambda axes: 2 * 64 * 4),
        ("channel", 64, {"reduction": 1000}, lambda axes: 2 * 64),
        ("spatial", 64, {"kernel": 7}, lambda axes: 2 * 7**axes),
        ("cbam", 64, {"reduction": 16, "kernel": 7}, lambda axes: 512 + 2 * 7**axes),
        ("eca", 64, {"gamma": 2.0, "b": 1.0}, lambda axes: 3),
        ("eca", 576, {"gamma": 2.0, "b": 1.0}, lambda axes: 5),
        ("nonlocal", 64, {"reduction": 2}, lambda axes: 4 * 64 * 32 + 32 + 32 + 64),
        ("nonlocal", 64, {"reduction": 1000}, lambda axes: 4 * 64 + 1 + 1 + 64),
        ("strip", 64, {"kernel": 3, "reduction": 1}, lambda axes: (axes * 3 + 1) * 64 * 64 + 64),
        ("strip", 64, {"kernel": 3, "reduction": 4}, lambda axes: (axes * 3 + 1) * 64 * 16 + 64),
        ("strip", 64, {"kernel": 3, "reduction": 1000}, lambda axes: (axes * 3 + 1) * 64 + 64),
    ],
)
def test_number_of_parameters(name, channels, chosen, count, axes):
    made = fresh(name, axes, channels, **chosen)
    assert sum(parameter.numel() for parameter in made.parameters()) == count(axes)


@by_axes
@pytest.mark.parametrize("name", ATTENTION)
def test_plus_input_adds_the_input(name, axes):
    made, x = random(name, axes), noise(axes)
    torch.testing.assert_close(PlusInput(made)(x), x + PLAIN[name](made, x))


@pytest.mark.parametrize("name", ATTENTION)
def test_only_what_adds_its_input_already_refuses_to_add_it_twice(name):
    refuse_twice(name, residual=False)
    if name == "nonlocal":
        with pytest.raises(ValueError, match="nonlocal"):
            refuse_twice(name, residual=True)
    else:
        refuse_twice(name, residual=True)
