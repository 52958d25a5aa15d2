"""Read arrays from .mat (MATLAB v4 to v7) and .npy files, without executing what they hold."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from jaxtyping import Shaped

_HDF5 = b"\x89HDF"
# What a file is that only has the name of another format, by how it begins.
_BEGINNINGS = {
    b"MATLAB 7.3": "MATLAB v7.3 (HDF5); save it with `save(..., '-v7')`",
    _HDF5: (
        "an HDF5 file; save it from MATLAB with `save(..., '-v7')`, or from Python with "
        "scipy.io.savemat or numpy.save"
    ),
    b"# Created by Octave": "text of Octave; save it with `save -v7`",
    b"# name:": "text of Octave; save it with `save -v7`",
    b"Octave-1": "binary data of Octave; save it with `save -v7`",
    b"PK\x03\x04": "a zip archive (.npz); save the array itself with numpy.save",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the file itself with `git lfs pull`",
    b"<": "a web page or XML; download the file itself",
}
# What the classes of variables in a .mat file are called, of those that are no plain numbers.
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
        key: The variable of a .mat file; None to take the only one that fits.
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
        name: The variable of a .mat file; empty for .npy.
        shape: Without axes of length 1 that were not asked for.
    """

    path: Path
    name: str
    shape: tuple[int, ...]

    def read(self) -> Shaped[np.ndarray, "..."]:
        """Return the array; of a .npy file, only what is indexed is read from the disk.

        Raises:
            ValueError: If the values cannot be read or are complex.
        """
        try:
            if self.name:
                array = _loadmat(self.path, self.name)
            else:
                array = np.load(self.path, "r", allow_pickle=False)
        except Exception as error:  # scipy and numpy raise many kinds for a broken file
            raise _unreadable(self.path, error) from error
        if array.dtype.kind not in "buif":
            raise ValueError(f"{self.path}: {self.name} holds complex numbers; save its real part")
        # A view of a file would not be read in parts (`hsi.files.part`), so none is made in vain.
        return array if array.shape == self.shape else array.reshape(self.shape)


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
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    suffix = path.suffix.lower()
    if suffix not in (".mat", ".npy"):
        raise ValueError(f"{path} cannot be read: only .mat and .npy files are")
    _refuse_other_formats(path)
    try:
        contents = _of_mat(path) if suffix == ".mat" else _of_npy(path)
    except Exception as error:  # likewise
        raise _unreadable(path, error) from error
    if key and suffix == ".mat":
        if key not in contents:
            raise ValueError(f"{path} has no variable {key!r}; it has {', '.join(contents)}")
        contents = {key: contents[key]}

    numeric = {name: shape for name, (shape, kind) in contents.items() if not kind}
    fitting = {name: shape for name, shape in numeric.items() if len(shape) == axes}
    if not fitting:
        longer = {name: shape for name, shape in numeric.items() if len(shape) == axes + 1}
        fitting = {name: shape[1:] for name, shape in longer.items() if shape[0] == 1}
        fitting |= {name: shape[:-1] for name, shape in longer.items() if shape[-1] == 1}
    if len(fitting) != 1:
        there = "; ".join(
            f"{name} is {kind}".lstrip() if kind else f"{name} {shape}".lstrip()
            for name, (shape, kind) in contents.items()
        )
        raise ValueError(
            f"{path} should hold one numeric array of {axes} axes, it has "
            f"{len(fitting) or 'none'}: {there}"
            + (f"; name one: {source.setting}" if len(fitting) > 1 else "")
        )
    [(name, shape)] = fitting.items()
    return Variable(path, name, shape)


Contents = dict[str, tuple[tuple[int, ...], str]]  # name: shape, and what it is if not numbers


def _of_mat(path: Path) -> Contents:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # scipy only warns of some broken variables
        listed = scipy.io.whosmat(str(path))
    return {name: (tuple(shape), _NOT_NUMBERS.get(kind, "")) for name, shape, kind in listed}


def _of_npy(path: Path) -> Contents:
    array = np.load(path, "r", allow_pickle=False)
    kinds = {"U": "text", "S": "text", "V": "a table of records", "c": "of complex numbers"}
    kind = "" if array.dtype.kind in "buif" else kinds.get(array.dtype.kind, str(array.dtype))
    return {"": (array.shape, kind)}


def _loadmat(path: Path, name: str) -> Any:  # noqa: ANN401  whatever scipy makes of it
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return scipy.io.loadmat(str(path), variable_names=[name])[name]


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(1024)
    for begin, what in _BEGINNINGS.items():
        # HDF5 may have a header of 512 bytes in front, MATLAB's or another.
        if head.lstrip().startswith(begin) or (begin == _HDF5 and head[512:].startswith(begin)):
            raise ValueError(f"{path} is {what}")


def _unreadable(path: Path, error: Exception) -> ValueError:
    reason = " ".join(str(error).split())[:200] or "it is truncated"
    return ValueError(f"{path} cannot be read: {reason}")
