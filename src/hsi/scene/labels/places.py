"""From map coordinates to the rows and columns of a grid, and back."""

import numpy as np
import rasterio
import rasterio.warp
from jaxtyping import Float
from rasterio.crs import CRS

from hsi.scene.grid import Grid, Transform
from hsi.scene.reading import NAME, plain

Places = Float[np.ndarray, "points 2"]  # x, y; or column, row of pixels whose corners are whole


def to_map(transform: Transform, places: Places) -> Places:
    """Return x and y of places that are given as column and row."""
    a, b, c, d, e, f = transform
    columns, rows = places.T
    return np.stack([a * columns + b * rows + c, d * columns + e * rows + f], axis=1)


def to_pixels(transform: Transform, places: Places) -> Places:
    """Return column and row of places that are given as x and y; infinite ones stay infinite."""
    a, b, c, d, e, f = transform
    pixels = np.full(places.shape, np.inf)
    finite = np.isfinite(places).all(1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # no place in any scene
        x, y = (places[finite] - (c, f)).T
        pixels[finite] = np.stack([e * x - b * y, a * y - d * x], axis=1) / (a * e - b * d)
    return pixels


def between(places: Places, source: str | None, target: str | None) -> Places:
    """Return coordinates of one reference system in another.

    Args:
        places: x and y; longitude and latitude if the system is geographic, whatever order of the
            axes it declares.
        source: The system of the coordinates as WKT or code. If this or the other is None, the
            coordinates stay as they are.
        target: The system to which they are brought.

    Returns:
        x and y, infinite where the target has no such place.

    Raises:
        ValueError: If one of the systems is unknown to GDAL, or has no place on Earth.
    """
    if source is None or target is None:
        return places
    with rasterio.Env():  # without it GDAL prints errors
        first, second = CRS.from_user_input(source), CRS.from_user_input(target)
        if first == second:
            return places
    for system in (first, second):
        if not (system.is_projected or system.is_geographic):  # a local one of a survey, or damage
            name = plain(system.to_wkt(), NAME)
            raise ValueError(f"the reference system {name} has no known place on Earth")
    possible = np.isfinite(places).all(1)
    if first.is_geographic:
        possible &= (np.abs(places) <= (360, 90)).all(1)
    moved = np.full(places.shape, np.inf)
    moved[possible] = _transformed(places[possible], first, second)
    return moved


def _transformed(places: Places, source: CRS, target: CRS) -> Places:
    if not len(places):
        return places
    try:
        x, y = rasterio.warp.transform(source, target, *places.T.tolist())
        return np.array([x, y]).T
    # GDAL's errors, whose classes rasterio does not publish, say which place lies outside the
    # projection in no form but text; so the places are halved until it is alone.
    except Exception:
        if len(places) == 1:
            return np.full((1, 2), np.inf)
    half = len(places) // 2
    parts = (_transformed(part, source, target) for part in (places[:half], places[half:]))
    return np.concatenate(list(parts))


def extent(places: Places, grid: Grid) -> str:
    """Return in words from where to where places reach that are given as column and row."""
    if grid.transform is None:
        return span(places, ("column", "row"))
    return span(to_map(grid.transform, places), ("x", "y"))


def span(places: Places, names: tuple[str, str]) -> str:
    """Return in words from where to where places reach, with the names of their two axes."""
    low, high = places.min(0), places.max(0)
    parts = (f"{name} {low[k]:.10g} to {high[k]:.10g}" for k, name in enumerate(names))
    return ", ".join(parts)


def corners(height: int, width: int) -> Places:
    """Return column and row of the corners of a raster."""
    return np.array([(0, 0), (width, 0), (0, height), (width, height)], float)
