"""Layers that the networks designed for images (ResNet, Res2Net, MobileNet) share here.

An ImageNet network reduces its 224 pixels to 7 with five strides of 2, two of them in its stem; a
window of 25 pixels would be reduced to 1. Here the stem keeps the resolution and three strides
remain: 25, 13, 7, 4 pixels. The ImageNet form can be built too, to check the published parameter
counts.

The convolutions are padded, so the border of a window changes what they compute, and nothing of
them commutes with sliding the window. The trunk is the identity and the whole network is the head.
"""

import torch
from torch import Tensor, nn

from hsi.networks.padded import PaddedConv2d
from hsi.networks.trunk_head import InputShape, TrunkHead


class Residual(nn.Module):
    """activation(branch(x) + shortcut(x)): He et al., CVPR 2016, eq. 1-2.

    Args:
        branch: The residual branch; attention is at its end.
        shortcut: The identity, or a convolution that brings the input to the branch's shape.
        activation: Applied to the sum.
    """

    def __init__(self, branch: nn.Module, shortcut: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Return the activated sum."""
        return self.activation(self.branch(x) + self.shortcut(x))


class ChannelsLast(nn.Sequential):
    """Layers that compute with the channels of each position side by side in memory.

    The results are those of `nn.Sequential`, up to rounding, and so are the names of the weights.
    PyTorch's 2-D convolutions keep the order of their input, and on a CPU they are faster in this
    one for small images with many channels: docs/results/performance.md has the measurement.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the last layer."""
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self:
            x = layer(x)
        return x


def conv_norm(
    before: int, after: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return a padded convolution without bias, with He's initial weights, and its normalisation.

    Source: He et al., ICCV 2015, eq. 14. https://arxiv.org/abs/1502.01852
    """
    convolution = PaddedConv2d(
        before, after, kernel, stride, padding=kernel // 2, groups=groups, bias=False
    )
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return [convolution, nn.BatchNorm2d(after)]


def whole_window_network(
    layers: list[nn.Module], channels: int, shape: InputShape, dropout: float
) -> TrunkHead:
    """Return a network whose head is these layers, the mean over positions and one dense layer.

    Args:
        layers: Layers that read whole windows.
        channels: Channels of their output.
        shape: Sizes to build for.
        dropout: Share of features dropped before the dense layer.
    """
    scores = [
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(channels, shape.classes),
    ]
    # (B, 1, components, H, W) -> (B, components, H, W)
    return TrunkHead(nn.Flatten(1, 2), ChannelsLast(*layers, *scores), shape.window, margin=0)
