"""Files of polygons and points, as a GIS writes them."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}


def write_vector(
    path: Path,
    shapes: Sequence[shapely.Geometry | None],
    fields: Mapping[str, Sequence[object]],
    crs: str | None = "EPSG:32633",
    layer: str | None = None,
    append: bool = False,
) -> Path:
    """Write features of any kind; the type of a field is that of NumPy, text of objects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a file without a reference system
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(shapes, object)),
            [np.array(values, None if np.array(values).dtype.kind in "if" else object)
             for values in fields.values()],
            list(fields),
            geometry_type="Unknown" if path.suffix != ".shp" else shapes[0].geom_type,
            crs=crs,
            layer=layer,
            driver=DRIVERS[path.suffix],
            append=append,
        )  # fmt: skip
    return path
