"""The labelled pixels of a scene, and the side of the split that each is on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, Int32, Int64, Integer, UInt8

from hsi.files import read_array, write_array

TRAIN, VALIDATION, TEST = 1, 2, 3
SIDES = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def groups_of(path: Path, pixels: "Pixels") -> Int64[np.ndarray, " pixels"]:
    """Return the group of each pixel, which cross-validation leaves out together, from a raster."""
    return read_array(path)[pixels.rows, pixels.columns].astype(np.int64)


def wanted_counts(
    share: float | int, labelled: Int[np.ndarray, " classes"]
) -> Int[np.ndarray, " classes"]:
    """Return how many pixels of each class are asked for.

    Args:
        share: Below 1 a share of the labelled pixels (rounded, at least one pixel), else a number
            of pixels; 0 for none.
        labelled: Labelled pixels of each class.
    """
    if share == 0 or share >= 1:
        return np.full(len(labelled), int(share))
    return np.maximum(1, np.round(share * labelled)).astype(int)


@dataclass(frozen=True)
class Pixels:
    """The labelled pixels of a scene, in reading order.

    Attributes:
        rows: (pixels,) row of each.
        columns: (pixels,) column of each.
        targets: (pixels,) class of each, from 0.
        sides: (pixels,) TRAIN, VALIDATION or TEST.
    """

    rows: Integer[np.ndarray, " pixels"]
    columns: Integer[np.ndarray, " pixels"]
    targets: Integer[np.ndarray, " pixels"]
    sides: Integer[np.ndarray, " pixels"]

    @classmethod
    def of_truth(
        cls, truth: Int32[np.ndarray, "height width"], sides: UInt8[np.ndarray, "height width"]
    ) -> "Pixels":
        """List the pixels that are on some side.

        Classes count from 1 in `truth` and from 0 in `targets`: this is the one place that
        converts them.
        """
        rows, columns = np.nonzero(sides)
        return cls(rows, columns, truth[rows, columns] - 1, sides[rows, columns])

    def __len__(self) -> int:
        """Return the number of pixels."""
        return len(self.targets)

    def on(self, side: int) -> "Pixels":
        """Return the pixels of one side."""
        return self.some(np.flatnonzero(self.sides == side))

    def some(self, which: Int[np.ndarray, " some"]) -> "Pixels":
        """Return the pixels of some numbers."""
        return Pixels(self.rows[which], self.columns[which], self.targets[which], self.sides[which])

    def save(self, path: Path) -> None:
        """Write a (pixels, 4) int32 table of row, column, target, side."""
        table = np.stack([self.rows, self.columns, self.targets, self.sides], axis=1)
        write_array(path, table.astype(np.int32))

    @classmethod
    def load(cls, path: Path) -> "Pixels":
        """Read what `save` wrote; all as int64, which torch needs for indices."""
        return cls(*read_array(path).astype(np.int64).T)
