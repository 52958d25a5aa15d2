"""Bring a cube into the one form that every stage reads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hsi.files import new_cube, part, read_array
from hsi.scene.raster import Raster


def convert(raster: Raster, path: Path, progress: str | None) -> Raster:
    """Write a cube as .npy of (height, width, bands), window by window.

    Args:
        raster: The cube.
        path: The .npy to write.
        progress: Label of a progress bar on a terminal; None for no bar.

    Returns:
        The same raster, read from the new file.

    Raises:
        ValueError: If the file that is read is damaged.
        OSError: If the disk has no room.
    """
    with new_cube(path, raster.shape, raster.dtype) as put:
        windows = raster.windows()
        disable = None if progress else True
        for rows, columns in tqdm(windows, progress, unit="part", disable=disable):
            put(rows, columns, raster.read(rows, columns))
    cube = read_array(path, in_memory=False)
    place = {number: k for k, number in enumerate(raster.numbers)}

    def read(rows: slice, columns: slice, numbers: list[int]) -> np.ndarray:
        values = part(cube, rows, columns)
        chosen = [place[number] for number in numbers]
        return values if len(chosen) == len(place) else values[..., chosen]

    return replace(raster, block=(1, raster.grid.width), read_window=read)
