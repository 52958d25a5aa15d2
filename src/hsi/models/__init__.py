"""Networks by name, and the one file a trained network is kept in.

To add a network: a file here, a line in MODELS, its name in `hsi.config`.
"""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from hsi.attention import ATTENTION
from hsi.files import write
from hsi.models.hybridsn import hybridsn
from hsi.models.trunk_head import TrunkHead

MODELS: dict[str, Callable[..., TrunkHead]] = {"hybridsn": hybridsn}

__all__ = ["MODELS", "TrunkHead", "build", "load", "save"]


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
    attention_at: list[str],
) -> TrunkHead:
    """Build an untrained network from plain values, such as a model file holds.

    Raises:
        ValueError: If the values do not fit the network.
    """
    block = None if attention == "none" else partial(ATTENTION[attention], **attention_settings)
    return MODELS[name](
        components,
        window,
        classes,
        batch_norm=batch_norm,
        dropout=dropout,
        attention=block,
        attention_at=attention_at,
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
