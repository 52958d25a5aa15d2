"""Files that are always complete: each is written beside its place and then moved there.

Errors name the file. Arrays too large for memory are read and written some rows at a time.
"""

import csv
import errno
import glob
import hashlib
import io
import json
import math
import os
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from tqdm import tqdm

CHUNK = 2**22  # numbers read at a time


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


@contextmanager
def named_in_errors(path: Path) -> Iterator[None]:
    """Name the file in errors of writing it, on one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise OSError(f"{path} could not be written: {reason}") from error


@contextmanager
def _scratch_file(path: Path, scratch: Path) -> Iterator[None]:
    """Make the folder of a file, name it in errors, and remove the scratch file in any case."""
    try:
        with named_in_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield
    finally:
        with suppress(NotADirectoryError):  # the folder could not be made
            scratch.unlink(missing_ok=True)


def _to_disk(file: BinaryIO) -> None:
    """Wait until the disk has what was written.

    After a crash of the machine a file that was renamed earlier could be empty.
    """
    file.flush()
    os.fsync(file.fileno())


def _move(scratch: Path, path: Path) -> None:
    """Give a file its name, and wait until the disk has the name too."""
    os.replace(scratch, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_irregular(path: Path) -> None:
    """Refuse what is no file, such as a pipe, whose reading could wait for ever.

    Raises:
        FileNotFoundError: If there is nothing, or a folder.
        ValueError: If it is a pipe, a device or a socket.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:  # links in a circle, too long a name, a null character
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{path} cannot be read: {reason}") from error
    if stat.S_ISDIR(mode):
        raise FileNotFoundError(f"{path} is a folder")
    if not stat.S_ISREG(mode):
        kinds = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
        kind = kinds.get(stat.S_IFMT(mode), "device")
        raise ValueError(f"{path} may be a regular file, it is a {kind}")


def write(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole, and make its folder if need be.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    with _scratch_file(path, scratch):
        with scratch.open("wb") as file:
            file.write(content)
            _to_disk(file)
        _move(scratch, path)


def write_array(path: Path, array: np.ndarray, progress: str | None = None) -> None:
    """Write an array as .npy in C order, some rows at a time: it need not fit into memory.

    Args:
        path: The file.
        array: The array, of one axis or more.
        progress: Label of a progress bar on a terminal; None for no bar.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    dtype = array.dtype.newbyteorder("=")
    chunks = row_chunks(len(array), math.prod(array.shape[1:]))
    with _scratch_file(path, scratch):
        with scratch.open("wb") as file:
            header = {"descr": dtype.str, "fortran_order": False, "shape": array.shape}
            np.lib.format.write_array_header_1_0(file, header)
            for rows in tqdm(chunks, progress, unit="chunk", disable=None if progress else True):
                file.write(part(array, rows).astype(dtype, "C", copy=False).data)
            _to_disk(file)
        _move(scratch, path)


@contextmanager
def new_array(
    path: Path, shape: tuple[int, int, int], dtype: type[np.generic]
) -> Iterator[Callable[[int, np.ndarray], None]]:
    """Write an array of (planes, rows, columns) as .npy, some rows of all planes at a time.

    The context is a function that takes the number of the first row and the rows themselves, of
    shape (planes, some, columns). Rows that it is never given stay 0.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    _, height, width = shape
    with _scratch_file(path, scratch):
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
            _to_disk(file)
        _move(scratch, path)


@contextmanager
def new_cube(
    path: Path, shape: tuple[int, ...], dtype: np.dtype
) -> Iterator[Callable[[slice, slice, np.ndarray], None]]:
    """Write an array of (rows, columns, bands) or (rows, columns) as .npy, window by window.

    The context is a function that takes rows, columns and their values. Windows that it is never
    given stay 0.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    scratch = _beside(path)
    width = shape[1]
    stored = dtype.newbyteorder("=")
    with _scratch_file(path, scratch):
        refuse_larger_than_disk(path, math.prod(shape) * stored.itemsize)
        with scratch.open("wb") as file:
            header = {"descr": stored.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            begin, size = file.tell(), math.prod(shape[2:]) * stored.itemsize
            file.truncate(begin + math.prod(shape[:2]) * size)

            def put(rows: slice, columns: slice, values: np.ndarray) -> None:
                for row, pixels in enumerate(values.astype(stored, "C", copy=False), rows.start):
                    file.seek(begin + (row * width + columns.start) * size)
                    file.write(pixels.data)

            yield put
            _to_disk(file)
        _move(scratch, path)


def refuse_larger_than_disk(path: Path, size: int) -> None:
    """Refuse to begin a file of `size` bytes for which the disk has no room.

    Raises:
        OSError: With the bytes that the file would take and those that are free.
    """
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise OSError(
            errno.ENOSPC, f"it would take {size / 2**30:,.1f} GiB, and {free / 2**30:,.1f} are free"
        )


@contextmanager
def new_files(path: Path) -> Iterator[Path]:
    """Write a file and those that belong to it: none gets its place before all are complete.

    The context is an empty folder beside the place of `path`. Once it ends, every file in the
    folder is moved beside `path`, and the one with the name of `path` is the last. After an error
    nothing is moved. Errors of the block itself pass as they are, because it may read other files:
    what it writes it should put under `named_in_errors`.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
    """
    with named_in_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise OSError("it is a folder")
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield folder
        with named_in_errors(path):
            files = sorted(folder.iterdir(), key=lambda file: file.name == path.name)
            for file in files:
                with file.open("rb+") as opened:
                    _to_disk(opened)
            for file in files:
                _move(file, path.with_name(file.name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_unfinished(path: Path) -> None:
    """Remove what `new_files` has left of a file in processes that were killed."""
    for folder in path.parent.glob(f".{glob.escape(path.name)}.????????"):
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def row_chunks(rows: int, numbers: int) -> list[slice]:
    """Divide rows into chunks of about 32 MiB in float64.

    Args:
        rows: How many rows there are.
        numbers: How many numbers each row holds.
    """
    many = max(1, CHUNK // max(1, numbers))
    return [slice(start, min(start + many, rows)) for start in range(0, rows, many)]


def part(array: np.ndarray, *index: slice) -> np.ndarray:
    """Copy a part of an array.

    An array in a file (`read_array(in_memory=False)`) is mapped anew and the mapping ends with the
    copy. In a mapping that stays, every page ever read would count as memory of this process.
    """
    if isinstance(array, np.memmap) and not isinstance(array.base, np.memmap):  # all of a file
        array = np.load(str(array.filename), "r", allow_pickle=False)
    return np.array(array[index])


def load_npy(path: Path, in_memory: bool) -> np.ndarray:
    """Read .npy without pickles, and without a word of Python or NumPy on what its header holds."""
    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array: np.ndarray = np.load(path, None if in_memory else "r", allow_pickle=False)
    return array


def read_array(path: Path, in_memory: bool = True) -> np.ndarray:
    """Read one array from .npy, without executing what the file holds.

    Args:
        path: The file.
        in_memory: False to leave the array on the disk and read only what is indexed.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is broken.
    """
    try:
        refuse_irregular(path)
        array = load_npy(path, in_memory)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing; run `dvc repro`") from error
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise ValueError(f"{path} is broken ({error}); delete it and run `dvc repro`") from error
    return array


def md5(path: Path) -> str:
    """Return the md5 of a file's content, by which DVC names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write indented JSON, keys in the order given."""
    write(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is broken.
    """
    try:
        refuse_irregular(path)
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it holds no names with values")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing; run `dvc repro`") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is broken ({error}); delete it and run `dvc repro`") from error
    return content


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write dictionaries of one set of keys as CSV with a header."""
    buffer = io.StringIO(newline="")
    table = csv.DictWriter(buffer, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write(path, buffer.getvalue().encode())
