"""A class map in the format that the name of its file asks for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hsi.maps.envi import new_class_envi
from hsi.maps.geotiff import new_class_geotiff
from hsi.maps.legend import pixel_values
from hsi.scene.grid import Grid


def new_class_map(
    path: Path,
    grid: Grid,
    labels: tuple[int, ...],
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> AbstractContextManager[Callable[[slice, slice, np.ndarray], None]]:
    """Write a class map in parts; see `new_class_geotiff` and `new_class_envi`.

    Args:
        path: `.tif` for a GeoTIFF, which holds the user's labels (see `pixel_values`); `.hdr` for
            an ENVI classification file, which holds classes.
        grid: Size and place of the map.
        labels: The user's label of each class, class 1 first.
        class_names: Name of each class.
        colours: Red, green and blue of each class in [0, 1], class 0 (none) first.

    Raises:
        ValueError: If the name of the file has another ending.
    """
    match path.suffix.lower():
        case ".tif" | ".tiff":
            return new_class_geotiff(path, grid, pixel_values(labels), class_names, colours)
        case ".hdr":
            return new_class_envi(path, grid, class_names, colours)
    raise ValueError(f"{path}: a map may end in .tif (GeoTIFF) or .hdr (ENVI)")
