"""Write whole files: what is there is always complete, and an error names the file."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np


def write(path: Path, content: bytes | memoryview) -> None:
    """Write `content` beside `path`, then move it there; folders are made as needed.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(content)
        os.replace(scratch, path)
    except OSError as error:
        raise OSError(f"{path} could not be written: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one array as .npy."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write(path, buffer.getbuffer())


def read_array(path: Path) -> np.ndarray:
    """Read one array from .npy, without executing what the file holds.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is broken.
    """
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing; run `dvc repro`") from error
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} is broken ({error}); delete it and run `dvc repro`") from error
    return array


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write indented JSON, keys in the order given."""
    write(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write dictionaries of one set of keys as CSV with a header."""
    buffer = io.StringIO(newline="")
    table = csv.DictWriter(buffer, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write(path, buffer.getvalue().encode())
