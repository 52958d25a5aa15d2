"""Read polygons and points from GeoJSON, without GDAL.

GDAL follows links in such a file to the network, and what is called .json may be any of a dozen of
its formats.

Source: RFC 7946; its predecessor of 2008 has `crs`, https://geojson.org/geojson-spec.html
"""

import json
import re
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from hsi.scene.labels.features import Features
from hsi.scene.labels.source import LabelSource

LONGITUDE_LATITUDE = "EPSG:4326"
# As in urn:ogc:def:crs:EPSG::32633, urn:ogc:def:crs:OGC:1.3:CRS84 and EPSG:32633.
CODE = re.compile(r"(?:urn:ogc:def:crs:)?(EPSG|OGC):(?:[0-9.]*:)?(\w+)", re.IGNORECASE)


def read_geojson(source: LabelSource) -> Features:
    """Read the features of a GeoJSON file, in longitude and latitude unless it names another CRS.

    Raises:
        ValueError: If the file is damaged or no collection of features, or names no known field.
    """
    path = source.path
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        members = content["features"]
        geometries = [each["geometry"] for each in members]
        properties = [dict(each["properties"] or {}) for each in members]
        texts = [None if each is None else json.dumps(each) for each in geometries]
        shapes = shapely.from_geojson(np.array(texts, object))
    except (ValueError, LookupError, TypeError, RecursionError, GEOSException) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path} cannot be read as GeoJSON with features: {reason}") from error
    if not members:
        raise ValueError(f"{path} holds no features")
    field = source.field_among(list(dict.fromkeys(key for each in properties for key in each)))
    values = [each.get(field) for each in properties]
    return Features(shapes, values, f"{path}: {field}", _crs(content, source))


def _crs(content: dict[str, Any], source: LabelSource) -> str:
    """Return the reference system that a file names."""
    crs = content.get("crs")
    if crs is None:
        return LONGITUDE_LATITUDE
    about = crs.get("properties") if isinstance(crs, dict) else None
    named = CODE.fullmatch(str(about.get("name"))) if isinstance(about, dict) else None
    if named is None:
        raise ValueError(
            f"{source.path}: its crs should have a name such as urn:ogc:def:crs:EPSG::32633, it is "
            f"{json.dumps(crs)[:100]}"
        )
    return f"{named[1].upper()}:{named[2]}"
