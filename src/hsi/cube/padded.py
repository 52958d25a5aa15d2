"""Zero-pad the reduced cube, and mask the pixels that belong to other sides of the split."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int64, Num, UInt8

from hsi.files import new_array, part, read_array, row_chunks, write_array

EVERYONE = 0  # the owner of a pixel that every side of the split may see


def pad(
    cube: Num[np.ndarray, "*any height width"], window: int
) -> Num[np.ndarray, "*any padded_height padded_width"]:
    """Return `cube` with a border of `window // 2` zeros, so that every pixel centres a window.

    Zero is the mean of each component after whitening, and is also what a model sees of hidden
    pixels.
    """
    border = window // 2
    return np.pad(cube, [(0, 0)] * (cube.ndim - 2) + [(border, border)] * 2)


def hidden_from(
    side: int, owner: UInt8[np.ndarray, "height width"]
) -> Bool[np.ndarray, "height width"]:
    """Return which pixels a side of the split sees as zeros: those of the other sides.

    Args:
        side: One of `hsi.cube.pixels.TRAIN`, `VALIDATION` and `TEST`.
        owner: The side that each pixel belongs to; EVERYONE (0) where all sides share it.
    """
    return (owner != EVERYONE) & (owner != side)


@dataclass(frozen=True)
class PaddedCube:
    """A reduced cube with a border of zeros, and the side of the split that owns each pixel.

    Attributes:
        values: (components, height + 2 border, width + 2 border); a memory-mapped file is read
            tile by tile.
        owner: (height + 2 border, width + 2 border) owner of each pixel, EVERYONE in the border.
        window: Odd side of the largest window that fits around every pixel.
    """

    values: Float32[np.ndarray, "components padded_height padded_width"]
    owner: UInt8[np.ndarray, "padded_height padded_width"]
    window: int

    @classmethod
    def of(
        cls,
        cube: Float32[np.ndarray, "components height width"],
        owner: UInt8[np.ndarray, "height width"] | None,
        window: int,
    ) -> "PaddedCube":
        """Pad a cube in memory; without an `owner` every side sees every pixel."""
        if owner is None:
            owner = np.full(cube.shape[1:], EVERYONE, np.uint8)
        return cls(pad(cube, window), pad(owner, window), window)

    @classmethod
    def load(cls, folder: Path, window: int, in_memory: bool) -> "PaddedCube":
        """Read what `write_padded` wrote; with `in_memory` False the values stay on the disk."""
        values = read_array(folder / "cube.npy", in_memory)
        return cls(values, read_array(folder / "owner.npy"), window)

    @property
    def border(self) -> int:
        """Width of the border of zeros, in pixels."""
        return self.window // 2

    @property
    def components(self) -> int:
        """Number of components of each pixel."""
        return len(self.values)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the scene without the border."""
        height, width = self.values.shape[1:]
        return height - 2 * self.border, width - 2 * self.border

    @property
    def scene_owner(self) -> UInt8[np.ndarray, "height width"]:
        """The owner of each pixel of the scene, without the border."""
        height, width = self.size
        return self.owner[self.border :, self.border :][:height, :width]

    def seen_by(self, side: int) -> Float32[np.ndarray, "components padded_height padded_width"]:
        """Return the values with the pixels of other sides masked as zeros."""
        return self.values * ~hidden_from(side, self.owner)

    def tile(
        self, rows: slice, columns: slice, window: int, side: int | None
    ) -> Float32[np.ndarray, "components tile_height tile_width"]:
        """Copy a part of the scene with as many pixels around it as windows reach.

        Args:
            rows: Rows of the scene.
            columns: Columns of the scene.
            window: Odd side of the windows, at most that of this cube.
            side: Mask the pixels of other sides of the split; None to mask nothing.
        """
        skipped, around = self.border - window // 2, window - 1
        here = (
            slice(rows.start + skipped, rows.stop + skipped + around),
            slice(columns.start + skipped, columns.stop + skipped + around),
        )
        values = part(self.values, slice(None), *here)
        if side is not None:
            values *= ~hidden_from(side, self.owner[here])
        return values

    def at(
        self, rows: Int64[np.ndarray, " pixels"], columns: Int64[np.ndarray, " pixels"]
    ) -> Float32[np.ndarray, "pixels components"]:
        """Return the components of some pixels of the scene."""
        return self.values[:, rows + self.border, columns + self.border].T.copy()

    def leading(self, rows: slice, most: int) -> Float32[np.ndarray, "components rows width"]:
        """Copy the leading components of some rows of the scene, with nothing hidden."""
        down = slice(rows.start + self.border, rows.stop + self.border)
        across = slice(self.border, self.border + self.size[1])
        return part(self.values, slice(most), down, across)


def refuse_larger_window(window: int, height: int, width: int) -> None:
    """Refuse a window that is larger than the scene.

    Raises:
        ValueError: Naming the window and the size of the scene.
    """
    if window > min(height, width):
        raise ValueError(
            f"params.yaml: patches.window={window} is larger than the scene of {height} x {width}"
        )


def write_padded(
    folder: Path,
    cube: Float32[np.ndarray, "components height width"],
    owner: UInt8[np.ndarray, "height width"],
    window: int,
) -> None:
    """Pad a cube into files, some rows at a time.

    Args:
        folder: Where `cube.npy` and `owner.npy` are written.
        cube: The cube; a memory-mapped file need not fit into memory.
        owner: The side that each pixel belongs to.
        window: Odd side of the windows.

    Raises:
        ValueError: If the window is larger than the scene.
    """
    border, (components, height, width) = window // 2, cube.shape
    refuse_larger_window(window, height, width)
    shape = (components, height + 2 * border, width + 2 * border)
    with new_array(folder / "cube.npy", shape, np.float32) as put:
        for rows in row_chunks(height, components * width):
            padded = pad(part(cube, slice(None), rows), window)
            put(rows.start + border, padded[:, border : border + rows.stop - rows.start])
    write_array(folder / "owner.npy", pad(owner, window))
