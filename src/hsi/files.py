"""Write whole files: what is there is always complete, and an error names the file."""

import csv
import io
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

BLOCK = 2**22  # numbers


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


@contextmanager
def _complaining(path: Path, scratch: Path) -> Iterator[None]:
    """Name the file in errors of writing it, and leave no scratch behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise OSError(f"{path} could not be written: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def write(path: Path, content: bytes | memoryview) -> None:
    """Write `content` beside `path`, then move it there; folders are made as needed.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    with _complaining(path, scratch):
        scratch.write_bytes(content)
        os.replace(scratch, path)


def copy(source: Path, path: Path) -> None:
    """Copy a file whole, without reading it into memory.

    Raises:
        OSError: Naming the copy, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    with _complaining(path, scratch):
        shutil.copyfile(source, scratch)
        os.replace(scratch, path)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one array as .npy."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write(path, buffer.getbuffer())


@contextmanager
def new_array(
    path: Path, shape: tuple[int, int, int], dtype: type[np.generic]
) -> Iterator[Callable[[int, np.ndarray], None]]:
    """Write an array of (planes, rows, columns) as .npy, some rows of all planes at a time.

    Gives a function of the first row and the rows themselves, (planes, some, columns). What it is
    never given stays 0.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    _, height, width = shape
    with _complaining(path, scratch):
        with scratch.open("wb") as file:
            header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            begin, size = file.tell(), np.dtype(dtype).itemsize
            file.truncate(begin + math.prod(shape) * size)

            def put(row: int, rows: np.ndarray) -> None:
                for number, plane in enumerate(rows):
                    file.seek(begin + (number * height + row) * width * size)
                    file.write(plane.astype(dtype, "C", copy=False).data)

            yield put
        os.replace(scratch, path)


def blocks(rows: int, numbers: int) -> list[slice]:
    """Cut rows of some numbers each into blocks of about 32 MiB in float64."""
    many = max(1, BLOCK // max(1, numbers))
    return [slice(start, min(start + many, rows)) for start in range(0, rows, many)]


def part(array: np.ndarray, *index: slice) -> np.ndarray:
    """Copy a part of an array.

    What lies in a file (`read_array(in_memory=False)`) is read through a mapping that ends with
    the copy: otherwise all pages ever read would count as memory of this process.
    """
    if isinstance(array, np.memmap):
        array = np.load(str(array.filename), "r", allow_pickle=False)
    return np.array(array[index])


def read_array(path: Path, in_memory: bool = True) -> np.ndarray:
    """Read one array from .npy, without executing what the file holds.

    Args:
        path: The file.
        in_memory: False to leave it on the disk and read what is indexed.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is broken.
    """
    try:
        array: np.ndarray = np.load(path, None if in_memory else "r", allow_pickle=False)
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
