"""Build a network by name, with attention at the places that were chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from torch import nn

from hsi.attention.residual import PlusInput
from hsi.choices import ATTENTIONS, NETWORKS, attention_places, refuse_double_residual
from hsi.networks.trunk_head import InputShape, TrunkHead


@dataclass(frozen=True)
class AttentionRecipe:
    """Which attention a network has, and where.

    Attributes:
        name: One of ATTENTIONS.
        settings: The settings of its block in params.yaml.
        at: Places of the network; None for its usual one.
        residual: Add the input of each attention to its output.
    """

    name: str
    settings: dict[str, Any]
    at: Collection[str] | None
    residual: bool


def build_network(
    name: str, shape: InputShape, settings: dict[str, Any], attention: AttentionRecipe
) -> TrunkHead:
    """Build an untrained network.

    Args:
        name: One of NETWORKS.
        shape: Sizes to build for.
        settings: The settings of the network's block in params.yaml.
        attention: Which attention it has, and where.

    Raises:
        ValueError: If the sizes or the attention do not fit the network.
    """
    chosen = attention_places(name, attention.name, attention.at)
    refuse_double_residual(attention.name, attention.residual)
    make = ATTENTIONS[attention.name].load()

    def attend(place: str, channels: int, axes: int) -> list[nn.Module]:
        if place not in chosen:
            return []
        module = make(channels, axes=axes, **attention.settings)
        return [PlusInput(module) if attention.residual else module]

    network: TrunkHead = NETWORKS[name].load()(shape, attend, **settings)
    return network
