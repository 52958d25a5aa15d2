"""Each module against a second, plain reading of its paper's equations."""

import math

import pytest
import torch
from torch import nn

from hsi.attention import ATTENTION
from hsi.attention.cbam import ConvolutionalBlockAttention
from hsi.attention.eca import EfficientChannelAttention, kernel_size
from hsi.attention.se import SqueezeExcite

SETTINGS = {
    "none": {},
    "se": {"reduction": 4},
    "eca": {"gamma": 2.0, "b": 1.0},
    "cbam": {"reduction": 4, "kernel": 7},
}


def test_settings_cover_the_table():
    assert set(SETTINGS) == set(ATTENTION)


@pytest.mark.parametrize("name", ATTENTION)
def test_every_parameter_moves_and_the_shape_stays(name):
    torch.manual_seed(0)
    module = ATTENTION[name](16, **SETTINGS[name]) if name != "none" else nn.Identity()
    before = {key: value.clone() for key, value in module.named_parameters()}
    optimizer = torch.optim.SGD(list(module.parameters()) or [torch.zeros(1)], 1.0)
    for _ in range(2):
        x = torch.randn(3, 16, 5, 5)
        out = module(x)
        assert out.shape == x.shape
        optimizer.zero_grad()
        if before:
            (out * torch.randn_like(out)).sum().backward()
        optimizer.step()
    for key, value in module.named_parameters():
        assert not torch.equal(value, before[key]), f"{name}: {key} never moves"


def test_squeeze_excite_is_equations_2_to_4():
    torch.manual_seed(0)
    module, x = SqueezeExcite(6, 2), torch.randn(2, 6, 3, 4)
    first, second = module.gate[0], module.gate[2]
    for b in range(2):
        z = torch.tensor([x[b, c].mean().item() for c in range(6)])
        hidden = (first.weight @ z + first.bias).clamp(min=0)
        s = 1 / (1 + (-(second.weight @ hidden + second.bias)).exp())
        for c in range(6):
            torch.testing.assert_close(module(x)[b, c], s[c] * x[b, c], atol=1e-5, rtol=0)


def test_eca_is_a_convolution_along_channels():
    torch.manual_seed(0)
    module, x = EfficientChannelAttention(64, 2.0, 1.0), torch.randn(2, 64, 3, 3)
    (taps,) = module.across.weight.flatten(1)
    reach = len(taps) // 2
    means = x.mean((2, 3))
    for c in (0, 1, 31, 63):
        total = sum(
            taps[k] * means[:, c + k - reach] for k in range(len(taps)) if 0 <= c + k - reach < 64
        )
        gate = 1 / (1 + (-total).exp())
        torch.testing.assert_close(module(x)[:, c], gate[:, None, None] * x[:, c])


def test_eca_kernel_is_the_nearest_odd_number():
    # |log2(C) + 1| / 2: 64 -> 3.5, 256 -> 4.5, 512 -> 5, 576 -> 5.08
    assert [kernel_size(c, 2.0, 1.0) for c in (8, 64, 256, 512, 576)] == [3, 3, 5, 5, 5]
    for channels in range(2, 2000, 37):
        assert kernel_size(channels, 2.0, 1.0) % 2 == 1
        assert abs(kernel_size(channels, 2.0, 1.0) - abs(math.log2(channels) + 1) / 2) <= 1


def test_cbam_is_channel_then_spatial_attention():
    torch.manual_seed(0)
    module, x = ConvolutionalBlockAttention(8, 2, 3), torch.randn(2, 8, 5, 5)
    first, _, second = module[0].shared
    gate = torch.zeros(2, 8)
    for b in range(2):
        for pooled in (x[b].mean((1, 2)), x[b].amax((1, 2))):
            gate[b] += second.weight @ (first.weight @ pooled).clamp(min=0)
    channel = x * gate.sigmoid()[:, :, None, None]
    planes = torch.stack([channel.mean(1), channel.amax(1)], 1)
    padded = nn.functional.pad(planes, (1, 1, 1, 1))
    position = torch.zeros(2, 5, 5)
    for row in range(5):
        for column in range(5):
            piece = padded[:, :, row : row + 3, column : column + 3]
            position[:, row, column] = (piece * module[1].mix.weight).sum((1, 2, 3))
    expected = channel * position.sigmoid()[:, None]
    torch.testing.assert_close(module(x), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["se", "eca"])
def test_channel_gates_do_not_care_how_many_axes_follow(name):
    torch.manual_seed(0)
    module, x = ATTENTION[name](16, **SETTINGS[name]), torch.randn(2, 16, 3, 4, 5)
    torch.testing.assert_close(module(x), module(x.flatten(2)).view_as(x))
