"""Networks by name: where the code of each is, and where in it attention may go.

Nothing here imports torch, so that every stage can check params.yaml in no time.
To add one: a file here and a line below (docs/extending.md).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hsi.models.trunk_head import TrunkHead


@dataclass(frozen=True)
class Network:
    """One network.

    Attributes:
        code: `module:function`. The function takes components, window and classes, then by name
            batch_norm, dropout and attend (`hsi.models.trunk_head.Attend`).
        places: Where attention may go; the first is the usual one.
    """

    code: str
    places: tuple[str, ...]

    def load(self) -> "Callable[..., TrunkHead]":
        """Import the function."""
        found: Callable[..., TrunkHead] = resolve_name(self.code)
        return found


MODELS = {
    "hybridsn": Network("hsi.models.hybridsn:hybridsn", ("conv2d", "conv3d")),
    "hybridsn_2d_first": Network(
        "hsi.models.hybridsn_2d_first:hybridsn_2d_first", ("conv3d", "conv2d")
    ),
    "se_resnet18": Network("hsi.models.resnet:se_resnet18", ("blocks",)),
    "se_resnet34": Network("hsi.models.resnet:se_resnet34", ("blocks",)),
    "se_resnet50": Network("hsi.models.resnet:se_resnet50", ("blocks",)),
    "se_resnet101": Network("hsi.models.resnet:se_resnet101", ("blocks",)),
    "se_resnet152": Network("hsi.models.resnet:se_resnet152", ("blocks",)),
    "mobilenet_v2": Network("hsi.models.mobilenet:mobilenet_v2", ("last", "blocks")),
    "res2net50": Network("hsi.models.res2net:res2net50", ("blocks",)),
    "cnn2d": Network("hsi.models.cnn:cnn2d", ("conv2d",)),
    "cnn3d": Network("hsi.models.cnn:cnn3d", ("conv3d",)),
    "svm": Network("hsi.models.svm:svm", ()),
}


def places(name: str, attention: str, attention_at: Collection[str] | None) -> tuple[str, ...]:
    """Return where attention goes: the places asked for, or the network's usual one.

    Raises:
        ValueError: If the network has no such place.
    """
    known = MODELS[name].places
    if attention == "none":
        return ()
    if not known:
        raise ValueError(f"may be none for {name}, which has no feature maps")
    if attention_at is None:
        return known[:1]
    if not attention_at or not set(attention_at) <= set(known):
        raise ValueError(f"may be null (the usual place) or among {', '.join(known)} for {name}")
    return tuple(attention_at)
