"""Attention modules by name: where the code of each is, and what its settings may be.

Nothing here imports torch, so that every stage can check params.yaml in no time.
To add one: a file here and a line below (docs/extending.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from hsi.limits import Count, OddCount, Positive

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Attention:
    """One attention.

    Attributes:
        code: `module:Class`. The class takes the channel count first, then its settings by name,
            then `axes`, how many follow the channels: 2 (row, column) or 3 (depth, row, column).
            It maps (B, C, *space) to the same shape.
        settings: The keys of its block in params.yaml (`model.se`, ...) and the type of each.
    """

    code: str
    settings: dict[str, Any]

    def load(self) -> "Callable[..., nn.Module]":
        """Import the class."""
        found: Callable[..., nn.Module] = resolve_name(self.code)
        return found


ATTENTION = {
    "none": Attention("torch.nn:Identity", {}),
    "se": Attention("hsi.attention.se:SqueezeExcite", {"reduction": Count, "bias": bool}),
    "channel": Attention("hsi.attention.channel:ChannelAttention", {"reduction": Count}),
    "spatial": Attention("hsi.attention.spatial:SpatialAttention", {"kernel": OddCount}),
    "cbam": Attention(
        "hsi.attention.cbam:ChannelThenSpatial", {"reduction": Count, "kernel": OddCount}
    ),
    "eca": Attention(
        "hsi.attention.eca:EfficientChannelAttention", {"gamma": Positive, "b": float}
    ),
    "nonlocal": Attention("hsi.attention.non_local:NonLocal", {"reduction": Count}),
    "strip": Attention(
        "hsi.attention.strip:StripPooling", {"kernel": OddCount, "reduction": Count}
    ),
}


def refuse_twice(name: str, residual: bool) -> None:
    """Refuse to add the input to an attention that adds it already.

    Raises:
        ValueError: With what would do.
    """
    if residual and name == "nonlocal":
        raise ValueError("may be false for nonlocal, which adds its input already")
