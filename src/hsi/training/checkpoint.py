"""Checkpoints: the state of a training, from which it continues after it was killed.

They are kept outside the outputs of the pipeline. A checkpoint is found by a fingerprint of
everything that decides the training, so a changed parameter, input or line of code starts anew.
"""

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from hsi.files import md5, write


def fingerprint(values: dict[str, Any], files: Iterable[Path]) -> str:
    """Return one hash of plain values, the contents of files, and the version of torch."""
    whole = {"torch": torch.__version__, "values": values, "files": [md5(path) for path in files]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a state of tensors and plain values in place of the last one."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write(path, buffer.getbuffer())


def load(path: Path, device: str) -> dict[str, Any] | None:
    """Read what `save` wrote; None if there is no such file or it cannot be read."""
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except Exception:  # torch raises many kinds for a broken file; the training then starts anew
        return None
    return state
