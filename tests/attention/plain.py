"""Attention modules to test, and a second, plain implementation of each from its paper.

The second implementation shares only the parameters with the modules, none of their operations.
"""

from itertools import product

import torch
from torch import nn

from hsi.choices import ATTENTIONS

# For 6 channels: 3 hidden units, and an ECA kernel of 3 (it is 1 with the paper's gamma of 2).
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
GATES = ("se", "channel", "spatial", "cbam", "eca", "strip")
OF_CHANNELS = ("se", "channel", "eca")
SPACE = {2: (4, 5), 3: (3, 4, 5)}


def fresh(name: str, axes: int = 2, channels: int = 6, **changes) -> nn.Module:
    """A module with the initial weights of its own."""
    return ATTENTIONS[name].load()(channels, **{**SETTINGS[name], **changes}, axes=axes)


def random(name: str, axes: int = 2, channels: int = 6, **changes) -> nn.Module:
    """A module in float64 with random weights: none is zero, and gates are well away from 1/2."""
    made = fresh(name, axes, channels, **changes).double()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.7)
    return made


def noise(axes: int = 2, channels: int = 6, batch: int = 2) -> torch.Tensor:
    """(batch, channels, *SPACE[axes]) of random numbers."""
    return torch.randn(batch, channels, *SPACE[axes], dtype=torch.float64)


def gate(made: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The weight of each value of `x`."""
    return made(x) / x


def count(made: nn.Module) -> int:
    """The number of parameters."""
    return sum(parameter.numel() for parameter in made.parameters())


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
    """Correlate x (batch, in, *space) with a weight (out, in, *taps), with zeros outside."""
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
