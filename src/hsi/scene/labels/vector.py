"""Read polygons and points from GeoPackage and Shapefile.

A file is opened only if it begins as its format does: GDAL recognises files by their content,
whatever their name, and some of its formats lead on to other files and to the network.
"""

import warnings
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from jaxtyping import Shaped

from hsi.files import refuse_irregular
from hsi.scene.labels.features import Features
from hsi.scene.labels.source import LabelSource
from hsi.scene.reading import listed, unreadable

FORMATS = {
    ".gpkg": ("GPKG", b"SQLite format 3\0"),
    ".shp": ("ESRI Shapefile", b"\0\0\x27\x0a"),
}


def read_vector(source: LabelSource) -> tuple[Features, list[str]]:
    """Read the features of a layer.

    Returns:
        The features; and what GDAL warns of, as remarks for the user.

    Raises:
        ValueError: If the file is damaged or of another format, or it is not clear which layer or
            field is meant.
    """
    path = source.path
    driver, begin = FORMATS[path.suffix.lower()]
    for beside in path.absolute().parent.iterdir():  # GDAL would wait for a pipe of such a name
        if beside.stem.lower() == path.stem.lower() and beside.exists() and not beside.is_dir():
            refuse_irregular(beside)
    with path.open("rb") as file:
        if file.read(len(begin)) != begin:
            raise ValueError(f"{path} cannot be read: its content is not {driver}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            features = _read(source, driver)
        except Exception as error:  # of pyogrio, whose compiled code raises many kinds
            raise unreadable(path, error) from error
    told = dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught)
    return features, [f"{path}: {each}" for each in told]


def _read(source: LabelSource, driver: str) -> Features:
    path = source.path.absolute()  # no prefix of a path can mean a driver or an archive then
    layer = _layer(source)
    info = pyogrio.read_info(path, layer=layer)
    if info["driver"] != driver:
        raise ValueError(f"{source.path} cannot be read: it is {info['driver']}, not {driver}")
    if not info["features"]:
        raise ValueError(f"{source.path}: its layer {layer} holds no features")
    field = source.field_among([str(name) for name in info["fields"]])
    about, _, geometry, columns = pyogrio.raw.read(
        path, layer=layer, columns=[field], force_2d=True
    )
    shapes: Shaped[np.ndarray, " features"] = shapely.from_wkb(geometry, on_invalid="ignore")
    values: list[Any] = columns[0].tolist()
    return Features(shapes, values, f"{source.path}: {field}", about["crs"])


def _layer(source: LabelSource) -> str:
    """Return the layer of the labels; QGIS stores its styles in one without geometries."""
    layers = [str(name) for name, kind in pyogrio.list_layers(source.path.absolute()) if kind]
    there = listed(layers) or "none"
    if source.key is not None:
        if source.key not in layers:
            raise ValueError(
                f"{source.path} has no layer {source.key!r} with geometries, as {source.setting}"
                f"_key says; it has {there}"
            )
        return source.key
    if len(layers) != 1:
        raise ValueError(
            f"{source.path} should have one layer with geometries, it has {there}"
            + (f"; name one as {source.setting}_key" if layers else "")
        )
    return layers[0]
