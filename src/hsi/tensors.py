"""Files of named tensors that are never taken for whole when they are damaged.

The format is safetensors, whose reading executes nothing. What the tensors belong to and a digest
of everything are JSON in its header. https://huggingface.co/docs/safetensors
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from hsi.files import refuse_irregular, write


def write_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write tensors, with plain values that say what they are."""
    whole = {name: value.cpu().contiguous() for name, value in tensors.items()}
    header = json.dumps({"about": about, "sha256": _digest(whole, about)})
    # One entry alone: safetensors writes several in no fixed order.
    write(path, memoryview(to_bytes(whole, {"hsi": header})))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return what `write_tensors` wrote.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it is damaged, or not such a file.
    """
    try:
        refuse_irregular(path)
        with safe_open(path, "pt") as file:
            header = json.loads(file.metadata()["hsi"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about, digest = header["about"], header["sha256"]
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing; run `dvc repro`") from error
    except (
        *(SafetensorError, OSError, KeyError, TypeError, ValueError),
        *(RuntimeError, RecursionError, MemoryError, OverflowError),
    ) as error:
        raise ValueError(f"{path} is damaged, or not a file of this version") from error
    if digest != _digest(tensors, about):
        raise ValueError(f"{path} is damaged: its content does not match its digest")
    return tensors, about


def _digest(tensors: dict[str, Tensor], about: dict[str, Any]) -> str:
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
