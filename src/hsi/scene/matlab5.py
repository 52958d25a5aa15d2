"""Arrays in MATLAB's .mat files of version 5 (`save -v6` and `-v7`).

`scipy.io` reads these in compiled code that trusts them, and a damaged file ends the process. Here
every length is compared with what is there, and a compressed variable unfolds to no more bytes than
its shape can take.

Source: MAT-File Format, https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

import math
import mmap
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped

SIGNATURES = {b"\0\1IM": "<", b"\1\0MI": ">"}  # at byte 124, and the order of bytes
HEADER = 128  # bytes
HEAD = 2**16  # bytes of a compressed variable in which its name and shape stand
SLACK = 2**12  # bytes of a variable beside its numbers, at most
MATRIX, COMPRESSED = 14, 15  # types of elements
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
KINDS = {1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 16: "function", 17: "opaque"}
NUMBERS = range(6, 16)  # classes of arrays of plain numbers
COMPLEX = 0x800  # a flag of an array


class Listed(NamedTuple):
    """A variable of a file.

    Attributes:
        name: Its name.
        shape: Its shape; empty for an object.
        kind: MATLAB's class if it is not of plain numbers: `cell`, `struct`, `char`; else empty.
        at: Where its element begins in the file.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    at: int


@dataclass(frozen=True)
class _Reader:
    """Elements of some bytes, whose lengths are checked."""

    content: memoryview
    order: str

    def element(self, at: int) -> tuple[int, memoryview, int]:
        """Return type and content of an element, and where the next one begins."""
        first, size = self._words(at)
        if first >> 16:  # up to four bytes stand in the tag itself
            kind, size, begin, end = first & 0xFFFF, first >> 16, at + 4, at + 8
            if size > 4:
                raise ValueError(f"an element of {size} bytes stands in a tag at byte {at}")
        else:
            kind, begin, end = first, at + 8, at + 8 + size
            end += -size % 8 if kind != COMPRESSED else 0
        content = self.content[begin : begin + size]
        if len(content) < size:
            raise ValueError(f"it is truncated: {size:,} bytes should follow at byte {begin:,}")
        return kind, content, end

    def numbers(self, at: int) -> tuple[Shaped[np.ndarray, " many"], int]:
        """Return the numbers of an element in the type in which they are stored."""
        kind, content, end = self.element(at)
        if kind not in TYPES:
            raise ValueError(f"an element at byte {at:,} should hold numbers, its type is {kind}")
        dtype = np.dtype(self.order + TYPES[kind])
        if len(content) % dtype.itemsize:
            raise ValueError(f"{len(content):,} bytes at byte {at:,} are no whole {dtype.name}")
        return np.frombuffer(content, dtype), end

    def _words(self, at: int) -> tuple[int, int]:
        content = self.content[at : at + 8]
        if len(content) < 8:
            raise ValueError(f"it is truncated at byte {at:,}")
        tag = np.frombuffer(content, self.order + "u4")
        return int(tag[0]), int(tag[1])


def is_matlab5(path: Path) -> bool:
    """Return whether a file is of version 5, by its header."""
    with path.open("rb") as file:
        return file.read(HEADER)[124:] in SIGNATURES


def list_variables(path: Path) -> list[Listed]:
    """Return the variables of a file; only the begin of each is read.

    Raises:
        ValueError: If the file is damaged.
    """
    whole, at, found = _mapped(path), HEADER, []
    while at < len(whole.content):
        name, shape, of_class, _, _ = _head(_inside(whole, at, HEAD))
        if name:  # MATLAB stores what its objects share without a name
            found.append(Listed(name, shape, of_class, at))
        _, _, at = whole.element(at)
    return found


def read_numbers(path: Path, name: str) -> Shaped[np.ndarray, "..."]:
    """Return an array of plain numbers in the type in which they are stored; read-only.

    Raises:
        KeyError: If the file has no such variable.
        ValueError: If the file is damaged, or the variable not of plain numbers.
    """
    places = {each.name: each for each in list_variables(path)}
    listed = places[name]
    if listed.kind:
        raise ValueError(f"{name} is of MATLAB's class {listed.kind}")
    most = 8 * math.prod(listed.shape) + len(name) + SLACK
    inside = _inside(_mapped(path), listed.at, most)
    _, shape, _, flags, at = _head(inside)
    if flags & COMPLEX:
        raise ValueError(f"{name} holds complex numbers; save its real part")
    numbers, _ = inside.numbers(at)
    if len(numbers) != math.prod(shape):
        raise ValueError(f"{name} holds {len(numbers):,} numbers, its shape is {shape}")
    return numbers.reshape(shape, order="F")


def _inside(whole: _Reader, at: int, most: int) -> _Reader:
    """Return the elements of a variable; of a compressed one at most so many bytes."""
    kind, content, after = whole.element(at)
    if kind == COMPRESSED:
        unfolded = zlib.decompressobj().decompress(content, most)
        return _Reader(memoryview(unfolded), whole.order)
    if kind != MATRIX:
        raise ValueError(f"a variable should begin at byte {at:,}")
    return _Reader(whole.content[at:after], whole.order)


def _head(inside: _Reader) -> tuple[str, tuple[int, ...], str, int, int]:
    """Return name, shape, class (empty for numbers) and flags, and where the values begin."""
    first, _ = inside._words(0)
    if first != MATRIX:
        raise ValueError(f"a variable should be an array, its type is {first}")
    flags, at = inside.numbers(8)
    if flags.dtype.str[1:] != "u4" or len(flags) != 2:
        raise ValueError("a variable lacks its flags")
    of_class = int(flags[0]) & 0xFF
    kind = "" if of_class in NUMBERS else KINDS.get(of_class)
    if kind is None:
        raise ValueError(f"a variable is of the unknown class {of_class}")
    shape: tuple[int, ...] = ()
    if kind != "opaque":
        axes, at = inside.numbers(at)
        if axes.dtype.str[1:] != "i4" or len(axes) < 2 or (axes < 0).any():
            raise ValueError("a variable has no shape")
        shape = tuple(axes.tolist())
    letters, at = inside.numbers(at)
    if letters.dtype.itemsize != 1:
        raise ValueError("a variable has no name")
    return letters.tobytes().decode("latin-1"), shape, kind, int(flags[0]), at


def _mapped(path: Path) -> _Reader:
    """Map a file into memory, for as long as anything refers to its content."""
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return _Reader(content, SIGNATURES[bytes(content[124:HEADER])])
