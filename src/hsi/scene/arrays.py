"""Read arrays from .mat, .npy and HDF5 files, without executing what they hold."""

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from hsi.files import load_npy, refuse_irregular
from hsi.scene.hdf5 import datasets, is_hdf5, read_dataset
from hsi.scene.matlab5 import is_matlab5, list_variables, read_numbers
from hsi.scene.reading import LONGEST, NAME, listed, plain, refuse_larger_than_memory, unreadable

Contents = dict[str, tuple[tuple[int, ...], str]]  # name: shape, and what it is if not numbers

# What a file is that only has the name of another format, by how it begins.
_BEGINNINGS = {
    b"CDF": "classic netCDF; make it netCDF-4 with `nccopy -k nc4`",
    b"# Created by Octave": "text of Octave; save it with `save -v7`",
    b"# name:": "text of Octave; save it with `save -v7`",
    b"Octave-1": "binary data of Octave; save it with `save -v7`",
    b"PK\x03\x04": "a zip archive (.npz); save the array itself with numpy.save",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the file itself with `git lfs pull`",
    b"<": "a web page or XML; download the file itself",
}
# What the classes of variables in a .mat file are called, of those that are no plain numbers.
SUFFIXES = (".mat", ".npy", ".h5", ".hdf5", ".he5", ".nc", ".nc4")
_NOT_NUMBERS = {
    "char": "text",
    "cell": "a cell array; save the array inside it",
    "struct": "a struct; save its field as a variable of its own",
    "sparse": "a sparse matrix; save full(...) of it",
    "object": "an object; save the array inside it",
    "opaque": "an object; save the array inside it",
    "function": "a function",
}


@dataclass(frozen=True)
class Source:
    """Where an array is to be read from.

    Attributes:
        path: The file.
        key: The variable of the file; None to take the only one that fits.
        setting: What errors call the setting that names the variable (`scene.custom.cube_key`).
    """

    path: Path
    key: str | None
    setting: str


@dataclass(frozen=True)
class Variable:
    """A numeric array in a file; its shape is known before its values are read.

    Attributes:
        path: The file.
        name: The variable of the file; empty for .npy.
        shape: Without axes of length 1 that were not asked for.
        stored_shape: With them.
        hdf5: Whether the file is HDF5, of which parts can be read.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    stored_shape: tuple[int, ...]
    hdf5: bool

    def read(self) -> Shaped[np.ndarray, "..."]:
        """Return the array; of a .npy file, only what is indexed is read from the disk.

        Raises:
            ValueError: If the values cannot be read or are complex.
        """
        shown = plain(self.name, NAME)
        try:
            if self.hdf5:
                array = read_dataset(self.path, self.name, ())
            elif self.name:
                refuse_larger_than_memory(self.path, self.stored_shape, 1, f"its array {shown}")
                array = _loadmat(self.path, self.name)
            else:
                array = load_npy(self.path, in_memory=False)
        except Exception as error:  # scipy, h5py and numpy raise many kinds for a broken file
            raise unreadable(self.path, error) from error
        if array.dtype.kind not in "buif":
            raise ValueError(f"{self.path}: {shown} holds complex numbers; save its real part")
        # A view of a file would not be read in parts (`hsi.files.part`), so none is made in vain.
        return array if array.shape == self.shape else array.reshape(self.shape)

    def read_part(self, *index: slice) -> Shaped[np.ndarray, "..."]:
        """Return a part of an array in HDF5, given a slice for each axis.

        Raises:
            ValueError: If the values cannot be read.
        """
        longer = len(self.stored_shape) > len(self.shape)  # by an axis of length 1
        first = longer and self.stored_shape[1:] == self.shape
        before, after = ((slice(None),) * here for here in (first, longer and not first))
        try:
            values = read_dataset(self.path, self.name, (*before, *index, *after))
        except Exception as error:  # likewise
            raise unreadable(self.path, error) from error
        return values.reshape([each.stop - each.start for each in index])


def read_variable(source: Source, axes: int) -> Shaped[np.ndarray, "..."]:
    """Find one numeric array in a file and read it: see `find_variable` and `Variable.read`."""
    return find_variable(source, axes).read()


def find_variable(source: Source, axes: int) -> Variable:
    """Find the numeric array of a file that has some number of axes.

    Where no array has as many, one with a further axis of length 1 at its begin or end is taken:
    (1, height, width) and (height, width, 1) are rasters too.

    Args:
        source: The file and its variable.
        axes: How many axes the array has.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, lacks the variable, or holds several or none that fit.
    """
    path, key = source.path, source.key
    contents, hdf5 = variables(path)
    if key and contents.keys() != {""}:
        if key not in contents:
            raise ValueError(f"{path} has no variable {key!r}; it has {listed(contents)}")
        contents = {key: contents[key]}

    numeric = {name: shape for name, (shape, kind) in contents.items() if not kind}
    fitting = {name: shape for name, shape in numeric.items() if len(shape) == axes}
    if not fitting:
        longer = {name: shape for name, shape in numeric.items() if len(shape) == axes + 1}
        fitting = {name: shape[1:] for name, shape in longer.items() if shape[0] == 1}
        fitting |= {name: shape[:-1] for name, shape in longer.items() if shape[-1] == 1}
    if len(fitting) != 1:
        described = (
            f"{name[:NAME]} is {kind}".lstrip() if kind else f"{name[:NAME]} {shape}".lstrip()
            for name, (shape, kind) in contents.items()
        )
        there = listed(described, "; ", LONGEST)
        raise ValueError(
            f"{path} should hold one numeric array of {axes} axes, it has "
            f"{len(fitting) or 'none'}: {there}"
            + (f"; name one: {source.setting}" if len(fitting) > 1 else "")
        )
    [(name, shape)] = fitting.items()
    return Variable(path, name, shape, contents[name][0], hdf5)


def variables(path: Path) -> tuple[Contents, bool]:
    """Return what a file holds, and whether it is HDF5.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read.
    """
    refuse_irregular(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path} cannot be read: it may be {', '.join(SUFFIXES)}")
    _refuse_other_formats(path)
    hdf5 = is_hdf5(path)
    if not hdf5 and suffix not in (".mat", ".npy"):
        raise ValueError(f"{path} cannot be read: it is no HDF5 file, or is truncated")
    try:
        if hdf5:
            return datasets(path), True
        return _of_mat(path) if suffix == ".mat" else _of_npy(path), False
    except Exception as error:  # likewise
        raise unreadable(path, error) from error


def vector(path: Path, names: Collection[str], length: int) -> list[float] | None:
    """Return a list of numbers that a file of arrays holds, such as its wavelengths.

    Args:
        path: The file.
        names: What the list may be called, in lower case; groups before the name do not count.
        length: How many numbers the list should have.
    """
    contents, hdf5 = variables(path)
    for name, (shape, kind) in contents.items():
        if kind or name.rpartition("/")[2].lower() not in names:
            continue
        if max(shape, default=0) == int(np.prod(shape)) == length:
            variable = Variable(path, name, (length,), shape, hdf5)
            with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
                values: list[float] = variable.read().astype(np.float64).tolist()
            return values
    return None


def _of_mat(path: Path) -> Contents:
    listed: list[tuple[str, tuple[int, ...], str]]
    if is_matlab5(path):
        listed = [(each.name, each.shape, each.kind) for each in list_variables(path)]
    else:
        from scipy.io import whosmat

        _refuse_other_versions(path)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # scipy only warns of some broken variables
            listed = whosmat(str(path))
    return {name: (tuple(shape), _NOT_NUMBERS.get(kind, "")) for name, shape, kind in listed}


def _of_npy(path: Path) -> Contents:
    array = load_npy(path, in_memory=False)
    kinds = {"U": "text", "S": "text", "V": "a table of records", "c": "of complex numbers"}
    kind = "" if array.dtype.kind in "buif" else kinds.get(array.dtype.kind, str(array.dtype))
    return {"": (array.shape, kind)}


def _loadmat(path: Path, name: str) -> Any:  # noqa: ANN401  whatever scipy makes of it
    if is_matlab5(path):
        return read_numbers(path, name)
    from scipy.io import loadmat

    _refuse_other_versions(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return loadmat(str(path), variable_names=[name])[name]


def _refuse_other_versions(path: Path) -> None:
    """Leave to scipy MATLAB's version 4 alone, which it reads in Python."""
    from scipy.io.matlab import matfile_version

    major, _ = matfile_version(str(path))
    if major != 0:
        raise ValueError("it is no .mat file of MATLAB, or its header is damaged")


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(1024)
    for begin, what in _BEGINNINGS.items():
        if head.lstrip().startswith(begin):
            raise ValueError(f"{path} is {what}")
