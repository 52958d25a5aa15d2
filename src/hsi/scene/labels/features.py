"""Polygons and points on a grid: which pixel belongs to which, and what label it has.

A pixel belongs to a polygon if its centre lies inside, and to a point that lies in the pixel.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from jaxtyping import Bool, Float, Shaped
from rasterio.features import rasterize
from rasterio.transform import Affine

from hsi.scene.grid import Grid
from hsi.scene.labels.places import between, corners, extent, span, to_pixels
from hsi.scene.labels.source import Labels
from hsi.scene.reading import unreadable

RING = 4  # points of the smallest ring of a polygon, whose last is its first
Part = tuple[slice, slice]  # some rows and columns of a raster


@dataclass(frozen=True)
class Features:
    """Polygons and points, as a file holds them.

    Attributes:
        shapes: Geometries of shapely; None for a feature without any.
        values: What the field of the class holds for each.
        field: What errors call this field, with the file.
        crs: Reference system of the coordinates; None if it is unknown.
        in_pixels: Whether the coordinates are columns and rows of the scene instead, with whole
            numbers at the corners of pixels.
    """

    shapes: Shaped[np.ndarray, " features"]
    values: list[Any]
    field: str
    crs: str | None
    in_pixels: bool = False


def placed(
    features: Features, grid: Grid, path: Path
) -> tuple[Shaped[np.ndarray, " features"], list[str]]:
    """Return the shapes in columns and rows of a grid, and remarks for the user.

    Args:
        features: The polygons and points.
        grid: Of the scene.
        path: What errors call the file.

    Raises:
        ValueError: If a shape is neither polygon nor point, or no place is one of the scene's
            reference system.
    """
    kinds = Counter(shape.geom_type for shape in features.shapes if shape is not None)
    wrong = [kind for kind in kinds if kind.removeprefix("Multi") not in ("Polygon", "Point")]
    if wrong:
        listed = ", ".join(f"{kinds[kind]:,} {kind}" for kind in wrong)
        raise ValueError(f"{path}: labels may be polygons and points, it also holds {listed}")
    if features.in_pixels:
        return features.shapes, []
    if grid.transform is None:
        raise ValueError(
            f"{path} holds map coordinates, but the scene has no georeference; give labels as a "
            "raster of the scene's size, or as a table with the columns row,column,class"
        )
    remarks = []
    if (features.crs is None) != (grid.crs is None):
        without = path if features.crs is None else "the scene"
        remarks.append(
            f"{without} has no reference system, so {path} is taken to be in the scene's"
        )
    places = shapely.get_coordinates(features.shapes)
    try:
        moved = between(places, features.crs, grid.crs)
    except ValueError as error:  # of rasterio, for an unknown reference system
        raise unreadable(path, error) from error
    if len(places) and not np.isfinite(moved).any():
        raise ValueError(
            f"{path}: no place of it ({span(places, ('x', 'y'))} of {features.crs}) is one of the "
            "scene's reference system; is it in another reference system than it says?"
        )
    shapes = shapely.set_coordinates(features.shapes.copy(), to_pixels(grid.transform, moved))
    return shapes, remarks


def on_grid(
    shapes: Shaped[np.ndarray, " features"],
    labels: Sequence[int | None],
    names: dict[int, str],
    grid: Grid,
    path: Path,
) -> tuple[Labels, list[str]]:
    """Label the pixels of a grid by polygons and points.

    Pixels of two features are left out if these are of two classes, and else belong to the first.

    Args:
        shapes: Geometries whose coordinates are columns and rows of the grid; None for a feature
            without any.
        labels: The label of each feature; None to leave the feature out.
        names: Names of labels that are text.
        grid: Of the scene.
        path: What errors call the file.

    Returns:
        The labels, and remarks for the user.

    Raises:
        ValueError: If no feature lies on the grid, or no pixel gets a label.
    """
    size = (grid.height, grid.width)
    raster, polygons = np.zeros(size, np.int64), np.zeros(size, np.int32)
    labelled, twice = np.zeros(size, bool), np.zeros(size, bool)
    pairs: Counter[tuple[int, int]] = Counter()  # of labels that lie on one pixel
    outside = partly = without_pixel = used = 0
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    # What was drawn along the edge of the scene does not exceed it by rounding.
    with np.errstate(over="ignore"):  # a place that far away lies outside
        bounds = np.round(shapely.bounds(shapes), 6)
    for k in np.flatnonzero(~none).tolist():
        label = labels[k]
        if label is None:
            continue
        used += 1
        where, inside, beyond = _covered(shapes[k], bounds[k], size)
        if not inside.any():
            outside += beyond == "wholly"
            without_pixel += beyond != "wholly"
            continue
        partly += beyond == "partly"
        differs = inside & labelled[where] & (raster[where] != label)
        for other, many in Counter(raster[where][differs].tolist()).items():
            pairs[min(other, label), max(other, label)] += many
        twice[where] |= differs
        new = inside & ~labelled[where]
        raster[where][new] = label
        polygons[where][new] = k + 1
        labelled[where] |= new

    if outside == used:
        places = shapely.get_coordinates(shapes)
        places = places[np.isfinite(places).all(1)]
        there = f", they reach over {extent(places, grid)}" if len(places) else ""
        raise ValueError(
            f"{path}: none of its {used:,} features lies in the scene{there}; the scene reaches "
            f"over {extent(corners(*size), grid)}"
        )
    labelled &= ~twice
    raster[twice] = polygons[twice] = 0
    counts = (
        (int(none.sum()), "features have no geometry and are left out"),
        (outside, f"of {used:,} features lie outside the scene"),
        (partly, "features lie partly outside the scene, and only their part inside is used"),
        (without_pixel, "features contain the centre of no pixel and label none"),
    )
    remarks = [f"{path}: {many:,} {what}" for many, what in counts if many]
    if pairs:
        [(pair, _)] = pairs.most_common(1)
        often = " and ".join(names.get(label, str(label)) for label in pair)
        remarks.append(
            f"{path}: {twice.sum():,} pixels lie in {_kinds(shapes[~none])} of two classes "
            f"({often} most often) and are left out"
        )
    if not labelled.any():
        raise ValueError(f"{path} labels no pixel of the scene: {'; '.join(remarks)}")
    occur = set(np.unique(raster[labelled]).tolist())
    kept = {label: name for label, name in names.items() if label in occur}
    return Labels(raster, labelled, kept, polygons), remarks


def _covered(
    shape: Any,  # noqa: ANN401  any geometry of shapely
    bounds: Float[np.ndarray, " 4"],
    size: tuple[int, int],
) -> tuple[Part, Bool[np.ndarray, "rows columns"], str]:
    """Return which pixels of some rows and columns a feature covers.

    Args:
        shape: Polygons or points, with columns and rows as coordinates.
        bounds: Least column and row, and largest ones, of these.
        size: Height and width of the grid.

    Returns:
        The rows and columns, whether each of their pixels is covered, and whether the feature lies
        `wholly` or `partly` beyond the grid; else an empty word.
    """
    height, width = size
    nowhere = (slice(0, 0), slice(0, 0)), np.zeros((0, 0), bool), "wholly"
    if not np.isfinite(bounds).all():  # the reference system of the scene has no such place
        return nowhere
    if shape.geom_type in ("Point", "MultiPoint"):
        pixels = np.floor(shapely.get_coordinates(shape))
        on = ((pixels >= 0) & (pixels < (width, height))).all(1)
        if not on.any():
            return nowhere
        columns, rows = pixels[on].astype(np.int64).T
        top, left = int(rows.min()), int(columns.min())
        inside = np.zeros((int(rows.max()) + 1 - top, int(columns.max()) + 1 - left), bool)
        inside[rows - top, columns - left] = True
        beyond = not on.all()
    else:
        first_column, first_row, last_column, last_row = bounds.tolist()
        if first_column >= width or first_row >= height or last_column <= 0 or last_row <= 0:
            return nowhere
        top, left = max(0, math.floor(first_row)), max(0, math.floor(first_column))
        bottom = min(height, max(math.ceil(last_row), top + 1))
        right = min(width, max(math.ceil(last_column), left + 1))
        # A part of fewer points has no area, and rasterio would leave the whole feature out for it.
        parts = [each for each in shapely.get_parts(shape) if len(each.exterior.coords) >= RING]
        inside = np.zeros((bottom - top, right - left), np.uint8)
        if parts:
            rasterize(parts, out=inside, transform=Affine(1, 0, left, 0, 1, top))
        inside = inside.astype(bool)
        beyond = first_column < 0 or first_row < 0 or last_column > width or last_row > height
    rows_and_columns = np.s_[top : top + inside.shape[0], left : left + inside.shape[1]]
    return rows_and_columns, inside, "partly" if beyond else ""


def _kinds(shapes: Shaped[np.ndarray, " features"]) -> str:
    """Return what features are in a word or two."""
    kinds = {shape.geom_type.removeprefix("Multi").lower() for shape in shapes}
    return " and ".join(f"{kind}s" for kind in sorted(kinds, reverse=True))
