"""Read a raster of labels of any extent, resolution and reference system."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped
from rasterio.windows import Window

from hsi.scene.gdal import gdal_driver, opened
from hsi.scene.grid import Grid, Transform
from hsi.scene.labels.category_names import category_names
from hsi.scene.labels.places import between, corners, extent, to_map, to_pixels
from hsi.scene.labels.source import Labels, LabelSource
from hsi.scene.reading import unreadable
from hsi.scene.valid import as_stored

TILE = 256  # side, in pixels, of the parts of the scene for which labels are looked up at a time
SAME = 0.01  # of a pixel, by which the corners of two grids that are the same may differ


def read_raster(
    source: LabelSource, grid: Grid, unlabelled: tuple[int | float, ...]
) -> tuple[Labels, list[str]]:
    """Read labels from a raster of one band, and bring them to a grid by nearest neighbour.

    A raster of the same grid is taken as it is; so is one of the same size, if it or the scene has
    no georeference.

    Args:
        source: The file: GeoTIFF, ENVI (its data or its header), ERDAS, ASCII grid or PNG.
        grid: Of the scene.
        unlabelled: Labels of pixels without a class, besides the file's own no-data value.

    Returns:
        The labels, and remarks for the user.

    Raises:
        ValueError: If the file cannot be read, has several bands, does not lie on the scene, holds
            a label that is no whole number, or labels no pixel.
    """
    known = gdal_driver(source.path)
    if known is None:
        raise ValueError(
            f"{source.path} cannot be read as labels: it may be .gpkg, .shp, .geojson, .json, "
            ".csv, or a raster: GeoTIFF, ENVI with its header, ERDAS Imagine, ASCII grid or PNG"
        )
    path, driver = known
    with opened(path, driver) as file:
        values, inside, remarks = _on_grid(file, path, grid)
        names = category_names(path, file.tags(ns="ENVI"))
    labelled = inside & ~np.isin(values, as_stored(unlabelled, values.dtype)) & ~np.isnan(values)
    occur = np.unique(values[labelled]).tolist()
    for value in occur:
        if not -(2**63) <= value < 2**63 or value != int(value):
            row, column = np.argwhere(labelled & (values == value))[0]
            raise ValueError(
                f"{path}: labels should be whole numbers of at most 64 bits, {value:g} at row {row}"
                f", column {column} of the scene (from 0) is none; it may be declared as unlabelled"
            )
    if not occur:
        raise ValueError(f"{path} labels no pixel of the scene: {'; '.join(remarks) or 'no data'}")
    raster = np.zeros(values.shape, np.int64)
    raster[labelled] = values[labelled].astype(np.int64)
    kept = {int(label): names[label] for label in occur if label in names}
    return Labels(raster, labelled, kept, None), remarks


def _on_grid(
    file: Any,  # noqa: ANN401  rasterio's open dataset
    path: Path,
    grid: Grid,
) -> tuple[Shaped[np.ndarray, "height width"], Bool[np.ndarray, "height width"], list[str]]:
    """Return the values of a raster on a grid, where there are any, and remarks for the user."""
    if file.count != 1 or np.dtype(file.dtypes[0]).kind not in "iuf":
        raise ValueError(
            f"{path}: labels should be one band of numbers, it has {file.count:,} "
            f"({file.dtypes[0]})"
        )
    georeferenced = not file.transform.is_identity
    if grid.transform is None or not georeferenced:
        if file.shape != (grid.height, grid.width):
            raise ValueError(
                f"{path}: its {file.shape} pixels do not fit the scene's "
                f"{(grid.height, grid.width)}, and one of the two has no georeference"
            )
        remarks = []
        if georeferenced or grid.transform is not None:
            without = "the scene" if georeferenced else path
            remarks.append(f"{without} has no georeference, so {path} is taken pixel by pixel")
        return file.read(1), file.read_masks(1) > 0, remarks

    crs = file.crs.to_wkt() if file.crs else None
    own: Transform = tuple(file.transform)[:6]
    remarks = []
    if (crs is None) != (grid.crs is None):
        without = path if crs is None else "the scene"
        remarks.append(
            f"{without} has no reference system, so {path} is taken to be in the scene's"
        )
    edges = corners(*file.shape)
    try:
        on_map = between(to_map(own, edges), crs, grid.crs)
    except ValueError as error:
        raise unreadable(path, error) from error
    on_scene = to_pixels(grid.transform, on_map)
    if file.shape == (grid.height, grid.width) and np.abs(on_scene - edges).max() < SAME:
        return file.read(1), file.read_masks(1) > 0, remarks

    values, inside, covered = _nearest(file, own, crs, grid, grid.transform)
    if not covered:
        reach = on_scene[np.isfinite(on_scene).all(1)]
        there = f"it reaches over {extent(reach, grid)}, " if len(reach) else ""
        raise ValueError(
            f"{path} does not lie in the scene: {there}the scene over "
            f"{extent(corners(grid.height, grid.width), grid)}"
        )
    remarks.append(
        f"{path} has another grid than the scene: each pixel has the label of the nearest one"
    )
    beyond = values.size - covered
    if beyond:
        remarks.append(f"{beyond:,} of {values.size:,} pixels of the scene lie outside {path}")
    return values, inside, remarks


def _nearest(
    file: Any,  # noqa: ANN401  rasterio's open dataset
    own: Transform,
    crs: str | None,
    grid: Grid,
    of_grid: Transform,
) -> tuple[Shaped[np.ndarray, "height width"], Bool[np.ndarray, "height width"], int]:
    """Look up the pixel in which the centre of each pixel of a grid lies.

    Args:
        file: The raster.
        own: Its transform.
        crs: Its reference system.
        grid: Of the scene.
        of_grid: Its transform.

    Returns:
        The values, whether each is data, and how many pixels of the grid lie on the raster.
    """
    size = (grid.height, grid.width)
    values, inside = np.zeros(size, file.dtypes[0]), np.zeros(size, bool)
    covered = 0
    for top, left in product(range(0, grid.height, TILE), range(0, grid.width, TILE)):
        part = np.s_[top : top + TILE, left : left + TILE]
        rows, columns = (axis.ravel() for axis in np.mgrid[part])
        on_ground = to_map(of_grid, np.stack([columns, rows], axis=1) + 0.5)
        # Rounding decides alike for all centres that lie on an edge.
        with np.errstate(over="ignore"):  # a place that far away lies outside
            found = np.round(to_pixels(own, between(on_ground, grid.crs, crs)), 6)
        on = (rows < grid.height) & (columns < grid.width)
        on &= ((found >= 0) & (found < file.shape[::-1])).all(1)
        if not on.any():
            continue
        there = np.floor(found[on]).astype(np.int64)
        (x, y), (width, height) = there.min(0).tolist(), (np.ptp(there, axis=0) + 1).tolist()
        window = Window(x, y, width, height)
        place = (there[:, 1] - y, there[:, 0] - x)
        values[rows[on], columns[on]] = file.read(1, window=window)[place]
        inside[rows[on], columns[on]] = file.read_masks(1, window=window)[place] > 0
        covered += int(on.sum())
    return values, inside, covered
