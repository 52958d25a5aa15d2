"""Checkpoints: the state of a training, from which it continues after it was killed.

They are kept outside the outputs of the pipeline. A checkpoint is found by a fingerprint of
everything that decides the training, so a changed parameter, input or line of code starts anew.
"""

import hashlib
import io
import json
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from hsi.files import md5, refuse_irregular, write

DIGEST = 32  # bytes of a SHA-256


def fingerprint(values: dict[str, Any], files: Iterable[Path]) -> str:
    """Return one hash of plain values, the contents of files, and the version of torch."""
    whole = {"torch": torch.__version__, "values": values, "files": [md5(path) for path in files]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a state of tensors and plain values, after a digest of them, in place of the last."""
    buffer = io.BytesIO(bytes(DIGEST))
    buffer.seek(DIGEST)
    torch.save(state, buffer)
    content = buffer.getbuffer()
    content[:DIGEST] = hashlib.sha256(content[DIGEST:]).digest()
    write(path, content)


def load(path: Path, device: str) -> dict[str, Any] | None:
    """Read what `save` wrote; None if there is no such file.

    Raises:
        ValueError: If the file is not what `save` wrote.
    """
    try:
        refuse_irregular(path)
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if content[:DIGEST] != hashlib.sha256(memoryview(content)[DIGEST:]).digest():
        raise ValueError(f"the checkpoint {path} is damaged")
    buffer = io.BytesIO(content)
    buffer.seek(DIGEST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # torch only warns of another protocol of pickles
            state: dict[str, Any] = torch.load(buffer, map_location=device, weights_only=True)
        if not isinstance(state, dict):
            raise ValueError("it holds no names with values")
    except Exception as error:  # torch raises many kinds
        raise ValueError(f"the checkpoint {path} is not one of this version") from error
    return state
