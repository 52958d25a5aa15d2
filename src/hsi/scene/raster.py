"""A cube in a file or in memory that is read by windows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Num

from hsi.files import CHUNK, part
from hsi.scene.grid import Grid

Read = Callable[[slice, slice, list[int]], Num[np.ndarray, "rows columns bands"]]
Window = tuple[slice, slice]  # rows, columns
LARGEST_BLOCK = 4  # chunks; a file that is stored in larger blocks is read in parts of a block


@dataclass(frozen=True)
class Raster:
    """A cube of (height, width, bands) that is read by windows.

    Attributes:
        name: What errors call it: the path of the file, or `the cube`.
        grid: Height, width and place on the ground.
        dtype: Type of the values.
        numbers: The bands of the file, from 0, that the raster holds, in its order.
        file_bands: How many bands the file has.
        wavelengths: (bands,) centres of the raster's bands in nanometres; None if unknown.
        good: (bands,) whether the file calls a band good (ENVI's bad band list `bbl`).
        nodata: Values that mean no data, as the file says; empty if it says nothing.
        scale: Physical values are digital numbers times `scale`, plus `offset`; 1 if unknown.
        offset: See `scale`; 0 if unknown.
        block: Rows and columns that the file stores together.
        files: All files that the raster consists of.
        read_window: Reads rows, columns and bands of the file.
    """

    name: str
    grid: Grid
    dtype: np.dtype
    numbers: tuple[int, ...]
    file_bands: int
    wavelengths: tuple[float, ...] | None
    good: tuple[bool, ...]
    nodata: tuple[int | float, ...]
    scale: float
    offset: float
    block: tuple[int, int]
    files: tuple[Path, ...]
    read_window: Read

    @classmethod
    def of_array(
        cls,
        cube: Num[np.ndarray, "height width bands"],
        wavelengths: tuple[float, ...] | None = None,
        name: str = "the cube",
    ) -> "Raster":
        """Return an array, also one in a memory-mapped file, as a raster.

        Raises:
            ValueError: If there are not as many wavelengths as bands.
        """
        height, width, bands = cube.shape
        if wavelengths is not None and len(wavelengths) != bands:
            raise ValueError(f"{name} has {bands} bands and {len(wavelengths)} wavelengths")

        def read(rows: slice, columns: slice, numbers: list[int]) -> np.ndarray:
            values = part(cube, rows, columns)
            return values if numbers == list(range(bands)) else values[..., numbers]

        return cls(
            name=name,
            grid=Grid(height, width, None, None),
            dtype=cube.dtype,
            numbers=tuple(range(bands)),
            file_bands=bands,
            wavelengths=wavelengths,
            good=(True,) * bands,
            nodata=(),
            scale=1.0,
            offset=0.0,
            block=(1, width),
            files=(),
            read_window=read,
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and number of bands."""
        return self.grid.height, self.grid.width, len(self.numbers)

    def read(self, rows: slice, columns: slice) -> Num[np.ndarray, "rows columns bands"]:
        """Read a window.

        NumPy warns of a signalling NaN when it is converted, so each NaN becomes a quiet one.

        Raises:
            ValueError: Naming the file, if it is damaged there.
        """
        values = self.read_window(rows, columns, list(self.numbers))
        if values.dtype.kind == "f" and (missing := np.isnan(values)).any():
            return np.where(missing, values.dtype.type(np.nan), values)
        return values

    def select(self, places: list[int]) -> "Raster":
        """Return a raster with some of the bands, given by their places in this one."""
        known = self.wavelengths
        return replace(
            self,
            numbers=tuple(self.numbers[place] for place in places),
            wavelengths=None if known is None else tuple(known[place] for place in places),
            good=tuple(self.good[place] for place in places),
        )

    def windows(self, rows: slice | None = None) -> list[Window]:
        """Cut the raster, or some rows of it, into windows of about 32 MiB in float64.

        The windows follow the blocks that the file stores together, so that no block is read more
        often than it must be.
        """
        height, width, bands = self.shape
        start, stop = (rows.start, rows.stop) if rows else (0, height)
        down, across = self.block
        pixels = max(1, CHUNK // bands)
        wide = min(width, across * max(1, pixels // (down * across)))
        high = down * max(1, pixels // (down * wide)) if wide == width else down
        high = min(high, max(1, LARGEST_BLOCK * pixels // wide))
        edges = sorted(
            {start, stop, *(top for top in range(0, height, high) if start < top < stop)}
        )
        return [
            (slice(top, bottom), slice(left, min(left + wide, width)))
            for top, bottom in pairwise(edges)
            for left in range(0, width, wide)
        ]
