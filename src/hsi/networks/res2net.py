"""Res2Net-50, 26w-4s: bottlenecks whose 3x3 convolution is a cascade over groups of channels.

Source: Gao et al., TPAMI 2021, eq. 1 and fig. 2. https://arxiv.org/abs/1904.01169
"""

from functools import partial

import torch
from torch import Tensor, nn

from hsi.networks.image_layers import conv_norm
from hsi.networks.resnet import resnet

SCALE = 4  # groups of channels
BASE_WIDTH = 26  # channels of a group in the first stage, where a ResNet has 64 in all


class Cascade(nn.Module):
    """Convolve each group of channels but the last after adding the group before it (eq. 1).

    Args:
        width: Channels of each of the groups.
        stride: Of the convolutions.
        first: Whether the block is the first of its stage, where shapes change: there no group is
            added to another, and the last is averaged, as in the authors' code.
    """

    def __init__(self, width: int, stride: int, first: bool) -> None:
        super().__init__()
        self.width = width
        self.first = first
        self.convolutions = nn.ModuleList(
            nn.Sequential(*conv_norm(width, width, 3, stride), nn.ReLU()) for _ in range(SCALE - 1)
        )
        self.last = nn.AvgPool2d(3, stride, padding=1) if first else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return the groups' results side by side: (B, SCALE * width, H / stride, W / stride)."""
        *groups, last = x.split(self.width, 1)
        done: list[Tensor] = []
        for group, convolve in zip(groups, self.convolutions, strict=True):
            done.append(convolve(group if self.first or not done else group + done[-1]))
        return torch.cat([*done, self.last(last)], 1)


def multi_scale(before: int, width: int, stride: int, first: bool) -> tuple[list[nn.Module], int]:
    """Return the residual branch: 1x1, the cascade, 1x1 to four times the stage's width."""
    group = width * BASE_WIDTH // 64
    layers = [
        *conv_norm(before, SCALE * group, 1),
        nn.ReLU(),
        Cascade(group, stride, first),
        *conv_norm(SCALE * group, 4 * width, 1),
    ]
    return layers, 4 * width


res2net50 = partial(resnet, multi_scale, (3, 4, 6, 3))
