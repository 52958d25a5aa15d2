import math

import numpy as np
import pytest
import rasterio
import spectral.io.envi
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning

from hsi.maps.envi import new_class_envi
from hsi.pictures.palette import palette
from hsi.scene.grid import Grid

ALL = slice(None)
NAMES = ("wheat", "class 5", "fallow")


def write(header, grid, classes, names=NAMES):
    with new_class_envi(header, grid, names, palette(len(names))) as put:
        put(ALL, ALL, classes)


def nowhere(height, width):
    return Grid(height, width, None, None)


def test_the_raster_opens_as_an_envi_classification(tmp_path, truth):
    write(tmp_path / "map" / "classes.hdr", nowhere(*truth.shape), truth)
    assert sorted(each.name for each in (tmp_path / "map").iterdir()) == [
        "classes.hdr",
        "classes.img",
    ]
    opened = spectral.envi.open(tmp_path / "map" / "classes.hdr")
    assert np.array_equal(opened.read_band(0), truth)
    header = opened.metadata
    assert header["file type"] == "ENVI Classification"
    assert header["class names"] == ["Unclassified", *NAMES]
    colours = np.array(header["class lookup"], int).reshape(-1, 3)
    assert np.array_equal(colours, (palette(3) * 255).round())
    assert not {"map info", "coordinate system string"} & header.keys()


@pytest.mark.parametrize(("classes", "dtype"), [(254, np.uint8), (255, np.uint8), (256, "<u2")])
def test_more_classes_than_a_byte_holds_are_written_in_two_bytes(tmp_path, classes, dtype):
    names = tuple(f"class {number}" for number in range(1, classes + 1))
    write(tmp_path / "c.hdr", nowhere(1, 2), np.array([[0, classes]], np.int32), names)
    found = spectral.envi.open(tmp_path / "c.hdr").read_band(0)
    assert found.dtype == dtype
    assert found.tolist() == [[0, classes]]


@pytest.mark.parametrize(
    ("name", "written"),
    [("Forest, deciduous", "Forest; deciduous"), (",", ";"), (", first", "; first")]
    + [("a}b{c", "a)b(c"), ("two\nlines", "two lines")]
    + [(name, name) for name in ("forêt", "水稻", "a = b", "; c", "$x$", "_road", "Roads/", "\\")],
)
def test_names_never_shift_in_the_header(tmp_path, name, written):
    write(tmp_path / "c.hdr", nowhere(1, 2), np.array([[3, 0]], np.int32), (name, "b", name))
    text = (tmp_path / "c.hdr").read_text(encoding="utf-8")
    assert f"Unclassified, {written}, b, {written} }}" in text
    opened = spectral.io.envi.open(tmp_path / "c.hdr")
    assert opened.metadata["class names"] == ["Unclassified", written, "b", written]
    assert opened.metadata["classes"] == "4"
    assert opened.read_band(0).tolist() == [[3, 0]]


def test_parts_come_in_any_order_and_what_is_not_given_has_no_class(tmp_path, grid, classes):
    with new_class_envi(tmp_path / "c.hdr", grid, NAMES, palette(3)) as put:
        for rows, columns in ((slice(3, 5), slice(4, 7)), (slice(0, 3), slice(0, 7))):
            put(rows, columns, np.asfortranarray(classes[rows, columns]))
    expected = classes.copy()
    expected[3:, :4] = 0
    assert (tmp_path / "c.img").read_bytes() == expected.astype(np.uint8).tobytes()


TURNED = (30 * math.cos(0.3), 30 * math.sin(0.3), 5e5, 30 * math.sin(0.3), -30 * math.cos(0.3), 6e6)


@pytest.mark.parametrize(
    ("epsg", "transform", "begin"),
    [
        (32633, (30.0, 0.0, 5e5, 0.0, -20.0, 6e6), "UTM, 1, 1, 500000, 6000000, 30, 20, 33, North"),
        (32733, (30.0, 0.0, 5e5, 0.0, -20.0, 6e6), "UTM, 1, 1, 500000, 6000000, 30, 20, 33, South"),
        (32633, TURNED, "UTM, 1, 1, 500000, 6000000, 30, 30, 33, North"),
        (4326, (1e-4, 0.0, 13.1, 0.0, -2e-4, 52.0), "Geographic Lat/Lon, 1, 1, 13.1, 52, 0.0001"),
        (3035, (30.0, 0.0, 4e6, 0.0, -30.0, 3e6), "Lambert Azimuthal Equal Area, 1, 1, 4000000"),
        (None, (30.0, 0.0, 5e5, 0.0, -20.0, 6e6), "Arbitrary, 1, 1, 500000, 6000000, 30, 20"),
    ],
)
def test_the_header_says_where_the_map_lies(tmp_path, classes, epsg, transform, begin):
    crs = None if epsg is None else CRS.from_epsg(epsg)
    grid = Grid(*classes.shape, crs and crs.to_wkt(), transform)
    write(tmp_path / "c.hdr", grid, classes)
    with rasterio.open(tmp_path / "c.img") as opened:
        assert crs is None or opened.crs == crs
        assert opened.transform[:6] == pytest.approx(transform, rel=1e-12)
        assert np.array_equal(opened.read(1), classes)
        assert opened.colormap(1)[3][:3] == tuple((palette(3)[3] * 255).round())
    metadata = spectral.envi.open(tmp_path / "c.hdr").metadata
    assert ", ".join(metadata["map info"]).startswith(begin)
    assert ("coordinate system string" in metadata) == (epsg is not None)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c.hdr", "c.img"]


@pytest.mark.parametrize(
    "transform", [(30.0, 5.0, 5e5, 0.0, -30.0, 6e6), (1e-4, 1e-5, 13.0, 2e-5, -1e-4, 52.0)]
)
def test_a_sheared_grid_is_left_out_and_the_header_says_so(tmp_path, classes, grid, transform):
    write(tmp_path / "c.hdr", Grid(*classes.shape, grid.crs, transform), classes)
    header = spectral.envi.open(tmp_path / "c.hdr").metadata
    assert "not georeferenced" in header["description"]
    assert not {"map info", "coordinate system string"} & header.keys()
    with pytest.warns(NotGeoreferencedWarning):
        opened = rasterio.open(tmp_path / "c.img")
    assert np.array_equal(opened.read(1), classes)


def test_an_error_in_the_block_leaves_no_file(tmp_path, grid, classes):
    def interrupted():
        with new_class_envi(tmp_path / "c.hdr", grid, NAMES, palette(3)) as put:
            put(ALL, ALL, classes)
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        interrupted()
    assert list(tmp_path.iterdir()) == []
