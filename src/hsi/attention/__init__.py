"""Attention modules by name.

Each takes the channel count first, then the settings of its own block in params.yaml (`model.se`,
...), and maps (B, C, *space) to the same shape. To add one: a file here, a line below, its name and
its block in `hsi.config`.
"""

from collections.abc import Callable

from torch import nn

from hsi.attention.cbam import ConvolutionalBlockAttention
from hsi.attention.eca import EfficientChannelAttention
from hsi.attention.se import SqueezeExcite

ATTENTION: dict[str, Callable[..., nn.Module]] = {
    "none": nn.Identity,
    "se": SqueezeExcite,
    "eca": EfficientChannelAttention,
    "cbam": ConvolutionalBlockAttention,
}
