"""Convolutional block attention: reweight channels, then positions.

Source: Woo et al., ECCV 2018, eq. 1-3. https://arxiv.org/abs/1807.06521
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ChannelAttention(nn.Module):
    """Gate each channel by one MLP shared by its mean and its maximum (eq. 2).

    Args:
        channels: C, of input and output.
        reduction: Bottleneck ratio r of the paper; the hidden width is max(1, C // r).
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.shared = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, channels, bias=False),
        )

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return `x` with every channel scaled by a weight in (0, 1)."""
        flat = x.flatten(2)
        weight = (self.shared(flat.mean(-1)) + self.shared(flat.amax(-1))).sigmoid()
        return x * weight.unflatten(1, (-1, *[1] * (x.ndim - 2)))


class SpatialAttention(nn.Module):
    """Gate each position by a convolution over its channels' mean and maximum (eq. 3).

    Args:
        kernel: Odd side of the convolution, 7 in the paper.
    """

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return `x` with every position scaled by a weight in (0, 1)."""
        pooled = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return x * self.mix(pooled).sigmoid()


class ConvolutionalBlockAttention(nn.Sequential):
    """Channel attention, then spatial attention (eq. 1), over two spatial axes.

    Args:
        channels: C, of input and output.
        reduction: Bottleneck ratio of the channel half.
        kernel: Odd side of the spatial half's convolution.
    """

    def __init__(self, channels: int, reduction: int, kernel: int) -> None:
        super().__init__(ChannelAttention(channels, reduction), SpatialAttention(kernel))
