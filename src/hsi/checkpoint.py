"""Where a training stands, kept outside the pipeline's outputs so that a killed one can go on.

A checkpoint is found by a fingerprint of everything that decides the training: a changed parameter,
input or line of code starts afresh.
"""

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from hsi.files import write


def md5(path: Path) -> str:
    """Return the md5 of a file's content, the name that DVC knows it by."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def fingerprint(values: dict[str, Any], files: Iterable[Path]) -> str:
    """Return one hash of plain values and of files' contents, the version of torch among them."""
    whole = {"torch": torch.__version__, "values": values, "files": [md5(path) for path in files]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a state of tensors and plain values, replacing the last one whole."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write(path, buffer.getbuffer())


def load(path: Path, device: str) -> dict[str, Any] | None:
    """Read what `save` wrote; None if there is nothing or it cannot be read."""
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except Exception:  # no file, or any of torch's dozen errors: start afresh
        return None
    return state
