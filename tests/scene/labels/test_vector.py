import shutil
from pathlib import Path

import pytest
from shapely import Point, box
from vector_files import write_vector

from hsi.scene.labels.source import LabelSource
from hsi.scene.labels.vector import read_vector


def source(path: Path, key: str | None = None, field: str | None = None) -> LabelSource:
    return LabelSource(path, key, field, "scene.custom.truth")


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp"])
@pytest.mark.parametrize("classes", [["roof", None], [3, 4]])
def test_polygons_are_read_with_their_class_and_reference_system(tmp_path, name, classes):
    shapes = [box(10, 20, 30, 40), box(1, 2, 3, 4)]
    path = write_vector(tmp_path / name, shapes, {"area": [1.0, 2.0], "Class": classes})
    found, remarks = read_vector(source(path))
    assert [one.normalize() for one in found.shapes] == [one.normalize() for one in shapes]
    assert found.values == classes
    assert "32633" in found.crs or "UTM zone 33N" in found.crs
    assert found.field == f"{path}: Class"
    assert remarks == []


def test_a_file_may_have_no_reference_system_and_features_no_geometry(tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [Point(1, 2, 3), None], {"kind": [1, 2]}, crs=None)
    found, _ = read_vector(source(path))
    assert found.crs is None
    assert found.shapes.tolist() == [Point(1, 2), None]


def test_the_layer_is_the_only_one_with_geometries_or_the_one_named(tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [Point(1, 2)], {"kind": ["a"]}, layer="plots")
    write_vector(path, [None], {"style": ["x"]}, layer="layer_styles", append=True)
    more = shutil.copy(path, tmp_path / "more.gpkg")
    write_vector(more, [Point(3, 4)], {"kind": ["b"]}, layer="trees", append=True)
    with pytest.raises(ValueError, match=r"should have one layer .* plots, .*name one as "):
        read_vector(source(more))
    assert read_vector(source(more, "trees"))[0].values == ["b"]
    with pytest.raises(ValueError, match=r"no layer 'tree' .* scene\.custom\.truth_key says; it "):
        read_vector(source(more, "tree"))


def test_a_field_that_is_not_there_is_named(tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [Point(1, 2)], {"kind": ["a"], "id": [1]})
    with pytest.raises(ValueError, match=r"one of kind, id as scene\.custom\.truth_field"):
        read_vector(source(path))


VRT = """<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{}</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""


@pytest.mark.parametrize("name", ["b.gpkg", "b.shp"])
def test_a_file_of_another_format_is_not_even_opened(tmp_path, name, monkeypatch):
    real = write_vector(tmp_path / "a.gpkg", [Point(1, 2)], {"kind": ["a"]})
    (tmp_path / name).write_text(VRT.format(real), encoding="utf-8")
    monkeypatch.setattr("pyogrio.list_layers", None)
    with pytest.raises(ValueError, match=rf"{name} cannot be read: its content is not "):
        read_vector(source(tmp_path / name))


def test_damaged_files_are_one_line(tmp_path):
    shapes = [box(k, 0, k + 1, 1) for k in range(2000)]
    path = write_vector(tmp_path / "a.gpkg", shapes, {"kind": ["a"] * 2000})
    whole = path.read_bytes()
    for many in (20, 3000, len(whole) // 2):
        path.write_bytes(whole[:many])
        with pytest.raises(ValueError, match=r"a\.gpkg cannot be read") as error:
            read_vector(source(path))
        assert len(str(error.value).splitlines()) == 1
    shape = write_vector(tmp_path / "s.shp", shapes, {"kind": ["a"] * 2000})
    shape.with_suffix(".shx").unlink()
    with pytest.raises(ValueError, match=r"s\.shp cannot be read: .*shx"):
        read_vector(source(shape))


def test_a_layer_without_features_is_refused(tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [], {"kind": []})
    with pytest.raises(ValueError, match="its layer a holds no features"):
        read_vector(source(path))
