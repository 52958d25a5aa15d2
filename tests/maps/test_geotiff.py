import errno
import os
import resource
from xml.etree.ElementTree import parse

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning

from hsi.maps.geotiff import new_class_geotiff, new_layers
from hsi.pictures.palette import palette
from hsi.scene.grid import Grid

ALL = slice(None)
VALUES = (2, 9, 5)
NAMES = ("Forest, deciduous", "<é> & 'x' \"y\"", "水稻")


def write(path, grid, classes, values=VALUES, names=NAMES):
    with new_class_geotiff(path, grid, values, names, palette(len(values))) as put:
        put(ALL, ALL, classes)


def categories(path):
    """The names that GDAL takes from the file beside the raster, value 0 first."""
    document = parse(path.with_name(path.name + ".aux.xml"))
    return [each.text or "" for each in document.findall("PAMRasterBand/CategoryNames/Category")]


def files(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_map_has_its_place_values_colours_and_names(tmp_path, grid, classes):
    path = tmp_path / "new" / "map.tif"
    write(path, grid, classes)
    assert files(path.parent) == ["map.qml", "map.tif", "map.tif.aux.xml"]
    with rasterio.open(path) as opened:
        assert opened.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert opened.crs == CRS.from_epsg(32633)
        assert opened.transform[:6] == grid.transform
        assert (opened.dtypes, opened.nodata) == (("uint8",), 0)
        assert np.array_equal(opened.read(1), np.array([0, *VALUES])[classes])
        colours = opened.colormap(1)
    for value, colour in zip(VALUES, (palette(3)[1:] * 255).round(), strict=True):
        assert colours[value] == (*colour, 255)
    assert colours[0][3] == 0
    assert categories(path) == [
        "Unclassified", "", NAMES[0], "", "", NAMES[2], "", "", "", NAMES[1]
    ]  # fmt: skip


def test_parts_come_in_any_order_and_what_is_not_given_has_no_class(tmp_path, grid, classes):
    with new_class_geotiff(tmp_path / "map.tif", grid, (1, 2, 3), NAMES, palette(3)) as put:
        for rows, columns in ((slice(3, 5), slice(4, 7)), (slice(0, 3), slice(0, 7))):
            put(rows, columns, classes[rows, columns])
    expected = classes.copy()
    expected[3:, :4] = 0
    with rasterio.open(tmp_path / "map.tif") as opened:
        assert np.array_equal(opened.read(1), expected)


@pytest.mark.parametrize(("many", "dtype"), [(255, "uint8"), (256, "uint16"), (300, "uint16")])
def test_many_classes(tmp_path, grid, many, dtype):
    names = tuple(f"class {number}" for number in range(1, many + 1))
    classes = np.resize(np.arange(many - 33, many + 1, dtype=np.int32), (5, 7))
    write(tmp_path / "map.tif", grid, classes, tuple(range(1, many + 1)), names)
    with rasterio.open(tmp_path / "map.tif") as opened:
        assert opened.dtypes == (dtype,)
        assert np.array_equal(opened.read(1), classes)
        assert opened.colormap(1)[many] == (*(palette(many)[-1] * 255).round(), 255)
    assert categories(tmp_path / "map.tif") == ["Unclassified", *names]


def test_a_scene_of_one_pixel_without_a_place(tmp_path):
    write(tmp_path / "map.tif", Grid(1, 1, None, None), np.array([[3]], np.int32))
    with pytest.warns(NotGeoreferencedWarning):
        opened = rasterio.open(tmp_path / "map.tif")
    assert opened.crs is None
    assert opened.read().tolist() == [[[5]]]
    assert categories(tmp_path / "map.tif")[5] == NAMES[2]


@pytest.mark.parametrize("epsg", [4326, 27700, 2154, 32733])
def test_places_of_any_system_even_of_sheared_pixels(tmp_path, classes, epsg):
    transform = (0.1, 0.02, 13.123456789012345, 0.01, -0.2, 52.1)
    grid = Grid(*classes.shape, CRS.from_epsg(epsg).to_wkt(), transform)
    write(tmp_path / "map.tif", grid, classes)
    with rasterio.open(tmp_path / "map.tif") as opened:
        assert opened.crs == CRS.from_epsg(epsg)
        assert opened.transform[:6] == transform


def test_overviews_hold_the_most_frequent_class_and_the_mean(tmp_path):
    grid = Grid(600, 520, None, None)
    classes = np.ones((600, 520), np.int32)
    classes[::2, ::2] = 3
    write(tmp_path / "map.tif", grid, classes)
    with new_layers(tmp_path / "layers.tif", grid, ("confidence",)) as put:
        put(ALL, ALL, classes[None].astype(np.float32))
    for name, value in (("map", 2), ("layers", 1.5)):
        with pytest.warns(NotGeoreferencedWarning):
            opened = rasterio.open(tmp_path / f"{name}.tif", overview_level=0)
        assert opened.shape == (300, 260)
        assert (opened.read(1) == value).all()


def test_layers_have_their_place_values_and_names(tmp_path, grid):
    names = ("Forest, deciduous", "<é> & 'x'\n\"y\"")
    values = np.random.default_rng(0).random((2, 5, 7), np.float32)
    values[0, 1, 2] = np.nan
    with new_layers(tmp_path / "p.tif", grid, names) as put:
        put(slice(4, 5), slice(2, 7), values[:, 4:5, 2:7])
        put(slice(0, 4), ALL, values[:, :4])
    values[:, 4, :2] = np.nan  # was never given
    assert files(tmp_path) == ["p.tif"]
    with rasterio.open(tmp_path / "p.tif") as opened:
        assert opened.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert opened.crs == CRS.from_epsg(32633)
        assert opened.transform[:6] == grid.transform
        assert opened.dtypes == ("float32", "float32")
        assert np.isnan(opened.nodata)
        assert opened.descriptions == (names[0], "<é> & 'x' \"y\"")
        assert np.array_equal(opened.read(), values, equal_nan=True)


def test_the_same_input_gives_the_same_bytes(tmp_path, grid, classes):
    for folder in (tmp_path / "one", tmp_path / "two"):
        write(folder / "map.tif", grid, classes)
        with new_layers(folder / "p.tif", grid, ("a",)) as put:
            put(ALL, ALL, classes[None].astype(np.float32))
    for name in files(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_gdal_kept_beside_an_older_map_does_not_describe_the_new_one(tmp_path, grid, classes):
    for name in ("p.tif.aux.xml", "p.tif.ovr", "p.tif.msk"):
        (tmp_path / name).write_bytes(b"old")
    with new_layers(tmp_path / "p.tif", grid, ("a",)):
        pass
    assert files(tmp_path) == ["p.tif"]


def test_an_error_of_the_block_passes_and_leaves_what_was_there(tmp_path, grid, classes):
    write(tmp_path / "map.tif", grid, classes)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}

    def damaged():
        with new_class_geotiff(tmp_path / "map.tif", grid, VALUES, NAMES, palette(3)) as put:
            put(ALL, ALL, classes)
            raise OSError("scene.tif is damaged")

    with pytest.raises(OSError, match=r"^scene\.tif is damaged$"):
        damaged()
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_a_full_disk_and_an_error_of_gdal_name_the_file(tmp_path, grid, classes, monkeypatch):
    path = tmp_path / "map.tif"

    def without_parts():
        with new_class_geotiff(path, grid, VALUES, NAMES, palette(3)):
            (raw,) = tmp_path.glob(".map.tif.*/raw")
            raw.unlink()

    with pytest.raises(
        OSError, match=r"map\.tif could not be written: .*raw.* MiB are free"
    ) as caught:
        without_parts()
    assert len(str(caught.value).splitlines()) == 1

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"map\.tif could not be written: No space left on device$"):
        write(path, grid, classes)
    assert files(tmp_path) == []


@pytest.mark.parametrize("missing", [1, 30_000, 300_000])
def test_a_disk_that_fills_up_while_gdal_writes_leaves_what_was_there(tmp_path, missing):
    """A limit on the size of files stands for a full disk: GDAL loses the last bytes in silence."""
    path, grid = tmp_path / "entropy.tif", Grid(600, 700, None, None)
    values = np.random.default_rng(0).random((1, 600, 700), np.float32)
    with new_layers(path, grid, ("entropy",)) as put:
        put(ALL, ALL, values)
    whole = path.read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def on_a_full_disk():
        with new_layers(path, grid, ("entropy",)) as put:
            put(ALL, ALL, values)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) - missing, before[1]))

    try:
        with pytest.raises(OSError, match=r"entropy\.tif could not be written: .* MiB are free\)$"):
            on_a_full_disk()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files(tmp_path) == ["entropy.tif"]
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_made_is_found_before_anything_is_computed(tmp_path, grid):
    (tmp_path / "file").touch()
    (tmp_path / "map.tif").mkdir()
    for path, reason in (
        (tmp_path / "file" / "map.tif", "(Not a directory|File exists)"),
        (tmp_path / "map.tif", "it is a folder"),
    ):
        with (
            pytest.raises(OSError, match=rf"map\.tif could not be written: {reason}$"),
            new_layers(path, grid, ("a",)),
        ):
            pytest.fail("the block ran")


def test_a_place_that_cannot_be_read_is_not_left_out(tmp_path, classes):
    with pytest.raises(ValueError, match="could not be parsed"):
        write(tmp_path / "map.tif", Grid(5, 7, "nonsense", None), classes)
    assert files(tmp_path) == []
