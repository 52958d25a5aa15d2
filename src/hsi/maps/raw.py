"""A raster on the disk as bare numbers, which is written in parts in any order."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from hsi.files import row_chunks


def fill_raw(path: Path, shape: tuple[int, int, int], value: np.generic) -> None:
    """Write a raster of one value.

    All of it is written, so that a disk too small for it is found at once, and not after hours.

    Args:
        path: The file.
        shape: Layers, rows and columns.
        value: The value; its type and byte order are those of the file.
    """
    layers, height, width = shape
    with path.open("wb") as file:
        for rows in row_chunks(layers * height, width):
            file.write(np.full((rows.stop - rows.start, width), value, value.dtype).data)


def write_part(
    path: Path,
    shape: tuple[int, int, int],
    rows: slice,
    columns: slice,
    values: Shaped[np.ndarray, "layers some_rows some_columns"],
) -> None:
    """Write a window of all layers into a file that `fill_raw` has made.

    Args:
        path: The file.
        shape: Layers, rows and columns of the whole raster.
        rows: Rows of the window.
        columns: Columns of the window.
        values: Of the type that the file has.

    Raises:
        ValueError: If the values have not the shape of the window.
    """
    layers, height, width = shape
    top, bottom, _ = rows.indices(height)
    left, right, _ = columns.indices(width)
    if values.shape != (layers, bottom - top, right - left):
        raise ValueError(
            f"a part has the shape {values.shape}; rows {top} to {bottom} and columns {left} to "
            f"{right} of {layers} layers need {(layers, bottom - top, right - left)}"
        )
    with path.open("rb+") as file:
        for layer, plane in enumerate(values):
            for row, line in enumerate(plane, start=layer * height + top):
                file.seek((row * width + left) * values.itemsize)
                file.write(np.ascontiguousarray(line).data)
