"""Build a network by name, and the one file a trained network is kept in."""

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hsi.attention import ATTENTION, refuse_twice
from hsi.attention.residual import PlusInput
from hsi.files import write
from hsi.models import MODELS, places
from hsi.models.trunk_head import TrunkHead


def build(
    name: str,
    *,
    components: int,
    window: int,
    classes: int,
    batch_norm: bool,
    dropout: float,
    attention: str,
    attention_settings: dict[str, float | int],
    attention_at: Collection[str] | None,
    attention_residual: bool,
) -> TrunkHead:
    """Build an untrained network from plain values, such as a model file holds.

    Args:
        name: One of MODELS.
        components: Depth of the input after the band reduction.
        window: Odd side of the input.
        classes: Number of outputs.
        batch_norm: Normalise after convolutions, in networks that leave the choice.
        dropout: Share of units dropped before dense layers.
        attention: One of ATTENTION.
        attention_settings: What its class takes besides channels and axes.
        attention_at: Places of the network; None for its usual one.
        attention_residual: Add each attention's input to its output.

    Raises:
        ValueError: If the values do not fit the network.
    """
    chosen = places(name, attention, attention_at)
    refuse_twice(attention, attention_residual)
    make = ATTENTION[attention].load()

    def attend(place: str, channels: int, axes: int) -> list[nn.Module]:
        if place not in chosen:
            return []
        module = make(channels, axes=axes, **attention_settings)
        return [PlusInput(module) if attention_residual else module]

    return MODELS[name].load()(
        components, window, classes, batch_norm=batch_norm, dropout=dropout, attend=attend
    )


def save(path: Path, model: TrunkHead, recipe: dict[str, Any]) -> None:
    """Write a network and the arguments of `build` that made it."""
    buffer = io.BytesIO()
    torch.save({"recipe": recipe, "state": model.cpu().state_dict()}, buffer)
    write(path, buffer.getbuffer())


def load(path: Path, device: str) -> TrunkHead:
    """Read a network that `save` wrote, without executing anything the file holds.

    Raises:
        ValueError: If the file is not a whole model file.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        model = build(**content["recipe"])
        model.load_state_dict(content["state"])
    except Exception as error:  # torch raises a dozen kinds for a broken file
        raise ValueError(
            f"{path} is not a model of this version; run `dvc repro -f train`"
        ) from error
    return model.to(device)
