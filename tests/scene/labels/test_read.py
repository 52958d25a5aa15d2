import numpy as np
import pytest
from rasterio.warp import transform_geom
from shapely import Point, box
from shapely.geometry import mapping, shape
from vector_files import write_vector

from hsi.scene.grid import Grid
from hsi.scene.labels.read import read_labels
from hsi.scene.labels.source import LabelSource

GRID = Grid(12, 15, "EPSG:32633", (30.0, 0.0, 365055.0, 0.0, -30.0, 5807085.0))
SHAPES = [box(365055, 5806995, 365115, 5807085), Point(365055 + 14.2 * 30, 5807085 - 10.7 * 30)]
EXPECTED = np.zeros((12, 15), int)
EXPECTED[:3, :2] = 2
EXPECTED[10, 14] = 1


def source(path, field=None):
    return LabelSource(path, None, field, "scene.custom.truth")


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson"])
@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326"])
def test_polygons_and_points_of_any_reference_system_label_a_scene(tmp_path, name, crs):
    moved = [shape(transform_geom("EPSG:32633", crs, mapping(one))) for one in SHAPES]
    path = write_vector(tmp_path / name, moved, {"kind": ["roof", "road"]}, crs)
    labels, remarks = read_labels(source(path), GRID, (0,))
    assert np.array_equal(labels.raster, EXPECTED)
    assert np.array_equal(labels.polygons, np.array([0, 2, 1])[EXPECTED])
    assert labels.names == {1: "road", 2: "roof"}
    assert remarks == []


@pytest.mark.parametrize("crs", ["EPSG:32633", None])
def test_a_shapefile_of_numbers_labels_a_scene(tmp_path, crs):
    path = write_vector(tmp_path / "a.shp", SHAPES[:1], {"kind": [7]}, crs)
    labels, remarks = read_labels(source(path, "KIND"), GRID, (0,))
    assert np.array_equal(labels.raster, np.where(EXPECTED == 2, 7, 0))
    assert len(remarks) == (crs is None)


def test_a_table_labels_a_scene_that_has_no_georeference(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("row,column,class\n10,14,1\n0,0,2\n0,15,2\n3,3,\n", encoding="utf-8")
    labels, remarks = read_labels(source(path), Grid(12, 15, None, None), (0,))
    assert np.argwhere(labels.labelled).tolist() == [[0, 0], [10, 14]]
    assert labels.polygons[10, 14] == 1
    assert remarks == [
        f"1 features are left out, because {path}: class is empty",
        f"{path}: 1 of 3 features lie outside the scene",
    ]


def test_a_table_of_longitude_and_latitude_labels_a_scene(tmp_path):
    place = shape(transform_geom("EPSG:32633", "EPSG:4326", mapping(SHAPES[1])))
    path = tmp_path / "a.csv"
    path.write_text(f"longitude,latitude,class\n{place.x},{place.y},4\n", encoding="utf-8")
    labels, _ = read_labels(source(path), GRID, (0,))
    assert np.argwhere(labels.labelled).tolist() == [[10, 14]]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.gpkg does not exist"):
        read_labels(source(tmp_path / "a.gpkg"), GRID, (0,))
