"""Convolutional block attention: reweight channels, then positions.

Source: Woo et al., ECCV 2018, eq. 1. https://arxiv.org/abs/1807.06521
"""

from torch import nn

from hsi.attention.channel import ChannelAttention
from hsi.attention.spatial import SpatialAttention


class ChannelThenSpatial(nn.Sequential):
    """Channel attention, then spatial attention.

    Args:
        channels: C, of input and output.
        reduction: Bottleneck ratio of the channel half, 16 in the paper.
        kernel: Odd side of the spatial half's convolution, 7 in the paper.
        axes: How many axes follow the channels, 2 or 3.
    """

    def __init__(self, channels: int, reduction: int, kernel: int, axes: int = 2) -> None:
        super().__init__(
            ChannelAttention(channels, reduction, axes), SpatialAttention(channels, kernel, axes)
        )
