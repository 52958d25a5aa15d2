"""What holds for reading any file of a stranger.

One line says what is wrong with it, and it may claim no more than this machine can hold.
"""

import math
import os
from collections.abc import Iterable
from pathlib import Path

LONGEST = 200  # characters of a reason that another library gives
LISTED = 20  # names that an error lists
NAME = 40  # characters of a name that an error shows
MOST_BANDS = 65_536  # of a scene, as GDAL has it; the widest sensors have some hundreds


def unreadable(path: Path, error: Exception, name: str = "") -> ValueError:
    """Return the error of a file that a library cannot read, as one line that names the file.

    Args:
        path: The file.
        error: What the library raised; an error that names the file already stays as it is.
        name: What errors call the file, if not by its path.
    """
    told = str(error)
    called = name or str(path)
    if isinstance(error, ValueError) and told.startswith(called):
        return error
    reason = plain(" ".join(told.split()), LONGEST)
    return ValueError(f"{called} cannot be read: {reason or _of_kind(error)}")


def _of_kind(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory"
    return "it is truncated" if isinstance(error, EOFError) else type(error).__name__


def plain(text: str, most: int) -> str:
    """Return text of a file as an error may show it: in one line, and cut where it is long.

    Control characters would move the cursor of a terminal or begin a line that looks like another
    error, and a change of the direction of writing would turn the rest of the line around.
    """
    shown = "".join(each if each.isprintable() else " " for each in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def listed(names: Iterable[str], between: str = ", ", most: int = NAME) -> str:
    """Return names that a file gives, of many only the first ones."""
    some = list(names)
    shown = [plain(each, most) for each in some[:LISTED]]
    return between.join([*shown, "..."] if len(some) > LISTED else shown)


def refuse_larger_than_memory(path: Path, sizes: Iterable[int], itemsize: int, what: str) -> None:
    """Refuse an array that this machine could never hold, before anything of it is read.

    A small file may claim any size, or unfold to any size where it is compressed.

    Args:
        path: The file, for errors.
        sizes: The shape of the array.
        itemsize: Bytes of a number in memory.
        what: What errors call it.

    Raises:
        ValueError: With the bytes that it would take and those that the machine has.
    """
    shape = tuple(sizes)
    wanted = math.prod(shape) * itemsize
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if wanted > memory:
        raise ValueError(
            f"{path}: {what} of shape {shape} would take {wanted / 2**30:,.0f} GiB, and this "
            f"machine has {memory / 2**30:,.0f} GiB of memory"
        )


def refuse_too_many_bands(path: Path, bands: int) -> None:
    """Refuse a cube whose axis of bands can be none.

    Raises:
        ValueError: With the number of bands.
    """
    if bands > MOST_BANDS:
        raise ValueError(f"{path}: may have at most {MOST_BANDS:,} bands, it has {bands:,}")
