"""Read labels of any kind and bring them to the grid of a scene."""

from hsi.files import refuse_irregular
from hsi.scene.grid import Grid
from hsi.scene.labels.classes import classes_of
from hsi.scene.labels.features import on_grid, placed
from hsi.scene.labels.geojson import read_geojson
from hsi.scene.labels.raster import read_raster
from hsi.scene.labels.source import Labels, LabelSource
from hsi.scene.labels.table import read_table
from hsi.scene.labels.vector import FORMATS, read_vector


def read_labels(
    source: LabelSource, grid: Grid, unlabelled: tuple[int | float, ...]
) -> tuple[Labels, list[str]]:
    """Read polygons, points, a table of points or a raster, as labels of the pixels of a scene.

    Args:
        source: The file, by whose suffix it is read: .gpkg, .shp, .geojson, .json, .csv; what else
            there is should be a raster.
        grid: Of the scene.
        unlabelled: Labels that mean no class.

    Returns:
        The labels, and remarks for the user, a line each.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file cannot be read or is refused, in one line that names it.
    """
    path, suffix = source.path, source.path.suffix.lower()
    refuse_irregular(path)
    remarks: list[str] = []
    if suffix in FORMATS:
        features, remarks = read_vector(source)
    elif suffix in (".geojson", ".json"):
        features = read_geojson(source)
    elif suffix == ".csv":
        features = read_table(source, grid)
    else:
        return read_raster(source, grid, unlabelled)
    shapes, of_places = placed(features, grid, path)
    labels, names, of_classes = classes_of(features.values, unlabelled, features.field)
    found, of_pixels = on_grid(shapes, labels, names, grid, path)
    return found, [*remarks, *of_places, *of_classes, *of_pixels]
