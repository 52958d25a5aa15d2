"""Efficient channel attention: reweight channels by a small convolution along them.

Source: Wang et al., CVPR 2020, eq. 8-12. https://arxiv.org/abs/1910.03151
"""

import math

from jaxtyping import Float
from torch import Tensor, nn


def kernel_size(channels: int, gamma: float, b: float) -> int:
    """Return the odd number nearest to |(log2 C + b) / gamma| (eq. 12; between two, the larger)."""
    reach = int(abs((math.log2(channels) + b) / gamma))
    return reach if reach % 2 else reach + 1


class EfficientChannelAttention(nn.Module):
    """Gate each channel by a 1-D convolution over its neighbours' means, whatever axes follow.

    Args:
        channels: C, of input and output; it sets the width of the kernel.
        gamma: Slope of the kernel's width against log2 C, 2 in the paper.
        b: Offset of the kernel's width, 1 in the paper.
        axes: Any number of axes may follow the channels.
    """

    def __init__(self, channels: int, gamma: float, b: float, axes: int = 2) -> None:
        super().__init__()
        size = kernel_size(channels, gamma, b)
        self.across = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return `x` with every channel scaled by a weight in (0, 1)."""
        means = x.flatten(2).mean(-1)
        weight = self.across(means.unsqueeze(1)).squeeze(1).sigmoid()
        return x * weight.unflatten(1, (-1, *[1] * (x.ndim - 2)))
