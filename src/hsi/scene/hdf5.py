"""Arrays in HDF5 files: netCDF-4, HDF-EOS and MATLAB v7.3 are HDF5, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Shaped

from hsi.scene.reading import NAME, plain, unreadable

MATLABS_OWN = ("#refs#", "#subsystem#")  # where MATLAB v7.3 keeps the contents of cells and objects
LARGEST_ATTRIBUTE = 2**20  # bytes; what is larger is no property of bands
CHECKSUM = 4  # bytes behind each chunk, by the filter Fletcher32
KINDS = {"S": "text", "O": "text or references", "V": "a table of records", "c": "complex numbers"}


def is_hdf5(path: Path) -> bool:
    """Return whether a file is HDF5, whatever its name and whatever stands before its header."""
    return bool(h5py.is_hdf5(path))


def is_matlab(path: Path) -> bool:
    """Return whether MATLAB's order of axes holds: it stores arrays with their axes reversed."""
    with path.open("rb") as file:
        return path.suffix.lower() == ".mat" or file.read(10) == b"MATLAB 7.3"


def datasets(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return shape of each array by name, and what it is if it is not made of plain numbers.

    Links to other files are not followed.
    """
    found: dict[str, tuple[tuple[int, ...], str]] = {}
    turned = is_matlab(path)

    def note(name: str, item: Any) -> None:  # noqa: ANN401  a group or an array
        if not isinstance(item, h5py.Dataset) or name.startswith(MATLABS_OWN):
            return
        kind = "" if item.dtype.kind in "buif" else KINDS.get(item.dtype.kind, str(item.dtype))
        if item.attrs.get("MATLAB_class") in (b"char", b"cell"):
            kind = "text" if item.attrs["MATLAB_class"] == b"char" else "a cell array"
        if item.is_virtual or item.external:
            kind = "a reference to other files; copy it into this one, as h5repack does"
        if item.fletcher32 and item.id.chunk_iter(_without_checksum):
            raise ValueError(f"a chunk of {plain(name, NAME)} is shorter than its checksum")
        shape = item.shape or ()
        found[name] = (shape[::-1] if turned else shape, kind)

    with _opened(path) as file:
        file.visititems(note)
    return found


def _without_checksum(chunk: h5py.h5d.StoreInfo) -> bool | None:
    """Return True for a chunk that HDF5 2.0.0 cannot read without a crash, to end the search."""
    return True if chunk.size < CHECKSUM else None


def read_dataset(path: Path, name: str, index: tuple[slice, ...]) -> Shaped[np.ndarray, "..."]:
    """Read an array, or with as many slices as it has axes a part of it."""
    with _opened(path) as file:
        if not is_matlab(path):
            return np.asarray(file[name][index])
        return np.asarray(file[name][index[::-1]]).T


def stored_as(path: Path, name: str) -> tuple[np.dtype, tuple[int, ...] | None]:
    """Return the type of an array, and the shape of its chunks if it is stored in chunks."""
    with _opened(path) as file:
        chunks = file[name].chunks
        return file[name].dtype, chunks[::-1] if chunks and is_matlab(path) else chunks


def attributes(path: Path, name: str) -> dict[str, Any]:
    """Return those attributes of an array that hold numbers or text, as Python's own types."""
    found = {}
    with _opened(path) as file:
        attrs = file[name].attrs
        for key in attrs:
            stored = attrs.get_id(key)
            text = h5py.check_string_dtype(stored.dtype) is not None
            if stored.get_storage_size() > LARGEST_ATTRIBUTE or not (
                text or stored.dtype.kind in "buif"
            ):  # lists of references may claim any length, and HDF5 reads them at leisure
                continue
            value = attrs[key]
            plain = np.asarray(value)
            if plain.dtype.kind in "buif":
                found[key] = plain.tolist()
            elif isinstance(value, bytes | str):
                found[key] = value.decode(errors="replace") if isinstance(value, bytes) else value
    return found


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except Exception as error:  # h5py raises many kinds for a broken file
        raise unreadable(path, error) from error
