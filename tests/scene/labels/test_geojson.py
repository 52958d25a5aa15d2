import json
from pathlib import Path

import pytest
from shapely import Point, box
from vector_files import write_vector

from hsi.scene.labels.geojson import read_geojson
from hsi.scene.labels.source import LabelSource


def read(path: Path, field: str | None = None):
    return read_geojson(LabelSource(path, None, field, "scene.custom.truth"))


def written(path: Path, **content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8-sig")
    return path


def feature(place: list[float] | None = None, **properties: object) -> dict:
    geometry = place and {"type": "Point", "coordinates": place}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_features_are_read_with_their_class_and_reference_system(tmp_path):
    shapes = [box(10, 20, 30, 40), Point(1, 2)]
    path = write_vector(tmp_path / "a.geojson", shapes, {"class": ["roof", "wood"]})
    found = read(path)
    assert [one.normalize() for one in found.shapes] == [one.normalize() for one in shapes]
    assert found.values == ["roof", "wood"]
    assert (found.crs, found.in_pixels) == ("EPSG:32633", False)
    assert found.field == f"{path}: class"


def test_places_are_longitude_and_latitude_unless_a_system_is_named(tmp_path):
    features = [feature([15.0, 52.0, 300.0], kind=3), feature(kind=None), feature([1, 2], other=1)]
    path = written(tmp_path / "a.json", features=features)
    found = read(path, "kind")
    assert found.crs == "EPSG:4326"
    assert found.values == [3, None, None]
    assert (found.shapes[0].x, found.shapes[0].y, found.shapes[1]) == (15, 52, None)
    for name, code in (("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"), ("epsg:3857", "EPSG:3857")):
        crs = {"type": "name", "properties": {"name": name}}
        assert read(written(path, features=features[:1], crs=crs)).crs == code


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://127.0.0.1/crs", "type": "proj4"}},
        {"type": "name", "properties": {"name": "http://127.0.0.1/crs"}},
        {"type": "name", "properties": {"name": "/vsicurl/http://127.0.0.1/crs"}},
        {"type": "name"},
        "EPSG:32633",
    ],
)
def test_no_reference_system_is_fetched(tmp_path, crs):
    path = written(tmp_path / "a.json", features=[feature([1, 2], kind=1)], crs=crs)
    with pytest.raises(ValueError, match=r"a\.json: its crs should have a name such as urn"):
        read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as GeoJSON"),
        ("[" * 100_000, "cannot be read as GeoJSON"),
        ("[1]", "cannot be read as GeoJSON"),
        ('{"type": "Topology"}', "cannot be read as GeoJSON with features: 'features'"),
        ('{"features": [3]}', "cannot be read as GeoJSON"),
        ('{"features": [{"geometry": {"type": "Point"}, "properties": {}}]}', "cannot be read"),
        ('{"features": []}', "holds no features"),
        ('{"features": [{"geometry": null, "properties": {}}]}', "no field 'class'"),
        ("<OGRVRTDataSource/>", "cannot be read as GeoJSON"),
    ],
)
def test_anything_else_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"a\.json .*{message}|a\.json {message}") as error:
        read(tmp_path / "a.json")
    assert len(str(error.value).splitlines()) == 1
