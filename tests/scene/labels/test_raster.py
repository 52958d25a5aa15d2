import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from hsi.scene.grid import Grid
from hsi.scene.labels.raster import read_raster
from hsi.scene.labels.source import LabelSource

UTM = "EPSG:32633"
GRID = Grid(12, 15, UTM, (30.0, 0.0, 365055.0, 0.0, -30.0, 5807085.0))
WITHOUT = Grid(12, 15, None, None)
LABELS = np.random.default_rng(0).integers(0, 4, (12, 15)).astype(np.uint8)


def written(
    path: Path,
    values: np.ndarray = LABELS,
    transform: tuple[float, ...] | None = GRID.transform,
    crs: str | None = UTM,
    driver: str = "GTiff",
    nodata: float | None = None,
) -> Path:
    place = {} if transform is None else {"transform": Affine(*transform), "crs": crs}
    bands = values[None] if values.ndim == 2 else values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver, bands.shape[2], bands.shape[1], bands.shape[0],
            dtype=values.dtype, nodata=nodata, **place,
        ) as file:  # fmt: skip
            file.write(bands)
    return path


def read(path: Path, grid: Grid = GRID, unlabelled: tuple[int | float, ...] = (0,)):
    return read_raster(LabelSource(path, None, None, "scene.custom.truth"), grid, unlabelled)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_a_raster_of_the_same_grid_is_taken_as_it_is(tmp_path, dtype):
    labels, remarks = read(written(tmp_path / "a.tif", LABELS.astype(dtype)))
    assert np.array_equal(labels.labelled, LABELS > 0)
    assert np.array_equal(labels.raster, LABELS)
    assert (labels.names, labels.polygons, remarks) == ({}, None, [])


@pytest.mark.parametrize(("nodata", "dtype"), [(2, np.uint8), (np.nan, np.float32)])
def test_the_files_own_no_data_value_is_unlabelled(tmp_path, nodata, dtype):
    values = LABELS.astype(dtype)
    values[LABELS == 2] = nodata
    labels, _ = read(written(tmp_path / "a.tif", values, nodata=nodata), unlabelled=(3,))
    assert np.array_equal(labels.labelled, LABELS < 2), "0 is a label here"
    assert np.array_equal(labels.raster, np.where(LABELS < 2, LABELS, 0))


def test_a_larger_raster_of_another_resolution_gives_the_nearest_label(tmp_path):
    fine = np.random.default_rng(1).integers(1, 200, (90, 90)).astype(np.uint8)
    transform = (7.0, 0.0, 365000.0, 0.0, -7.0, 5807150.0)
    labels, remarks = read(written(tmp_path / "a.tif", fine, transform))
    for row, column in np.ndindex(12, 15):
        x, y = 365055 + 30 * (column + 0.5), 5807085 - 30 * (row + 0.5)
        nearest = fine[int((5807150 - y) // 7), int((x - 365000) // 7)]
        assert labels.raster[row, column] == nearest
    (remark,) = remarks
    assert remark.endswith("has another grid than the scene: each pixel has the label of the "
                           "nearest one")  # fmt: skip


def test_a_raster_of_another_reference_system_gives_the_nearest_label(tmp_path):
    """Labels that count the pixels of a grid of longitude and latitude say where each came from."""
    numbers = np.arange(1, 80 * 200 + 1, dtype=np.int32).reshape(80, 200)
    west, north, step = 13.0, 52.41, 0.0002
    path = written(tmp_path / "a.tif", numbers, (step, 0, west, 0, -step, north), "EPSG:4326")
    labels, _ = read(path)
    assert labels.labelled.all()
    found_row, found_column = np.divmod(labels.raster - 1, 200)
    rows, columns = np.indices((12, 15))
    x, y = rasterio.warp.transform(
        "EPSG:4326",
        UTM,
        (west + step * (found_column + 0.5)).ravel(),
        (north - step * (found_row + 0.5)).ravel(),
    )
    off_x = np.array(x).reshape(12, 15) - (365055 + 30 * (columns + 0.5))
    off_y = np.array(y).reshape(12, 15) - (5807085 - 30 * (rows + 0.5))
    assert np.abs(off_x).max() < 8, "half of 0.0002 degrees is 7 m from west to east here"
    assert np.abs(off_y).max() < 12, "and 11 m from south to north"


def test_what_lies_outside_the_raster_is_unlabelled_and_counted(tmp_path, monkeypatch):
    transform = (30.0, 0.0, 365055.0 + 60, 0.0, -30.0, 5807085.0 - 90)
    path = written(tmp_path / "a.tif", LABELS + np.uint8(1), transform)
    expected = np.zeros((12, 15), int)
    expected[3:, 2:] = LABELS[:-3, :-2] + 1
    for tile in (256, 4):
        monkeypatch.setattr("hsi.scene.labels.raster.TILE", tile)
        labels, remarks = read(path)
        assert np.array_equal(labels.raster, expected)
        assert np.array_equal(labels.labelled, expected > 0)
        assert remarks[-1] == f"63 of 180 pixels of the scene lie outside {path}"


def test_a_turned_grid_is_met_by_a_raster_that_is_not(tmp_path):
    turned = Grid(12, 15, UTM, (20.0, 8.0, 365200.0, 8.0, -20.0, 5806900.0))
    coarse = np.arange(1, 901, dtype=np.int16).reshape(30, 30)
    labels, _ = read(written(tmp_path / "a.tif", coarse), turned)
    for row, column in np.ndindex(12, 15):
        x, y = Affine(*turned.transform) @ (column + 0.5, row + 0.5)
        there = int((5807085 - y) // 30), int((x - 365055) // 30)
        assert labels.raster[row, column] == coarse[there]


@pytest.mark.parametrize(
    ("transform", "grid", "remark"),
    [
        (None, WITHOUT, None),
        (None, GRID, "a.tif has no georeference"),
        (GRID.transform, WITHOUT, "the scene has no georeference"),
    ],
)
def test_without_georeference_a_raster_of_the_same_size_is_taken(tmp_path, transform, grid, remark):
    labels, remarks = read(written(tmp_path / "a.tif", transform=transform), grid)
    assert np.array_equal(labels.raster, LABELS)
    assert [remark in each for each in remarks] == ([True] if remark else [])
    path = written(tmp_path / "b.tif", LABELS[1:], transform)
    with pytest.raises(ValueError, match=r"b\.tif: its \(11, 15\) pixels do not fit the scene's"):
        read(path, grid)


def test_a_missing_reference_system_is_said(tmp_path):
    labels, remarks = read(written(tmp_path / "a.tif", crs=None))
    assert np.array_equal(labels.raster, LABELS)
    assert "a.tif has no reference system" in remarks[0]


@pytest.mark.parametrize("name", ["a.img", "a.hdr", "a"])
def test_an_envi_file_is_named_by_its_data_or_its_header_and_names_its_classes(tmp_path, name):
    written(tmp_path / ("a" if name == "a" else "a.img"), driver="ENVI")
    with (tmp_path / "a.hdr").open("a", encoding="utf-8") as header:
        header.write("\nclasses = 5\nclass names = {none, corn, roof tiles, , never}\n")
    labels, remarks = read(tmp_path / name)
    assert np.array_equal(labels.raster, LABELS)
    assert labels.names == {1: "corn", 2: "roof tiles"}
    assert remarks == []


def test_a_header_beside_a_file_of_another_format_is_not_its_own(tmp_path):
    written(tmp_path / "a.img", LABELS * 0, driver="ENVI")
    assert np.array_equal(read(written(tmp_path / "a.tif"))[0].raster, LABELS)
    written(tmp_path / "erdas.img", driver="HFA")
    assert np.array_equal(read(tmp_path / "erdas.img")[0].raster, LABELS)


@pytest.mark.parametrize("name", ["a.tif.msk", "a.tif.OVR"])
def test_a_mask_beside_is_refused_if_it_leads_on_to_other_files(tmp_path, name):
    path = written(tmp_path / "a.tif")
    (tmp_path / name).write_text(
        '<VRTDataset rasterXSize="15" rasterYSize="12"/>', encoding="utf-8"
    )
    with pytest.raises(ValueError, match=rf"{name} cannot be read: its content is not TIFF"):
        read(path)
    written(tmp_path / "mask.tif", np.where(LABELS == 1, 0, 255).astype(np.uint8))
    (tmp_path / "mask.tif").rename(tmp_path / name)
    assert read(path)[0].labelled.any()


def refused(path: Path, what: str) -> Path:
    if what == "bands":
        return written(path, np.stack([LABELS] * 3))
    if what == "fraction":
        return written(path, LABELS.astype(np.float32) + np.float32(0.5))
    if what == "infinite":
        return written(path, np.where(LABELS == 1, np.inf, LABELS))
    if what == "complex":
        return written(path, LABELS.astype(np.complex64))
    if what == "elsewhere":
        return written(path, transform=(30.0, 0.0, 900000.0, 0.0, -30.0, 5807085.0))
    if what == "far":
        return written(path, transform=(30.0, 0.0, 365055.0, 0.0, -30.0, 1e304))
    if what == "local":
        return written(path, crs='LOCAL_CS["plan of the farm",UNIT["metre",1]]')
    if what == "empty":
        return written(path, LABELS * 0)
    if what == "truncated":
        written(path, np.random.default_rng(0).integers(0, 9, (500, 500)).astype(np.int32))
        path.write_bytes(path.read_bytes()[:5000])
    if what == "vrt":
        path.write_text('<VRTDataset rasterXSize="15" rasterYSize="12"/>', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("bands", r"should be one band of numbers, it has 3 \(uint8\)"),
        ("fraction", r"whole numbers of at most 64 bits, 0\.5 at row \d+, column \d+"),
        ("infinite", "whole numbers of at most 64 bits, inf at row"),
        ("complex", r"one band of numbers, it has 1 \(complex64\)"),
        ("elsewhere", "does not lie in the scene: it reaches over x 900000 to 900450"),
        ("far", r"does not lie in the scene: it reaches over .* y 1e\+304"),
        ("local", r"plan of the farm.* has no known place on Earth"),
        ("empty", "labels no pixel of the scene"),
        ("truncated", "cannot be read: "),
        ("vrt", "cannot be read: "),
    ],
)
def test_what_cannot_be_labels_is_refused_in_one_line(tmp_path, what, message):
    path = refused(tmp_path / "a.tif", what)
    with pytest.raises(ValueError, match=message) as error:
        read(path)
    assert str(path) in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_rows_missing_at_the_end_of_an_ascii_grid_are_said_at_once(tmp_path):
    grid = tmp_path / "a.asc"
    head = "ncols 15\nnrows 100\nxllcorner 365055\nyllcorner 5804085\ncellsize 30\n"
    rows = 60 * f"{' '.join(15 * '1')}\n"
    grid.write_text(head + rows, encoding="utf-8")
    below = replace(GRID, transform=(30.0, 0.0, 365055.0, 0.0, -30.0, 5804805.0))
    with pytest.raises(ValueError, match=r"a\.asc cannot be read.*can't read line 60"):
        read(grid, below)  # of these rows, the first would take GDAL years
    grid.write_text(head + rows + 40 * f"{' '.join(15 * '2')}\n", encoding="utf-8")
    labels, _ = read(grid, below)
    assert np.array_equal(labels.raster, np.full((12, 15), 2))


def test_files_of_other_formats_are_not_opened(tmp_path):
    for name in ("a.vrt", "a.xlsx", "a"):
        (tmp_path / name).write_text("anything", encoding="utf-8")
        with pytest.raises(ValueError, match="cannot be read as labels: it may be"):
            read(tmp_path / name)
    (tmp_path / "b.hdr").write_text("ENVI", encoding="utf-8")
    with pytest.raises(
        FileNotFoundError, match=r"b\.hdr is an ENVI header, and its data .*b\.img is missing"
    ):
        read(tmp_path / "b.hdr")
