"""Pixels without data: which are found, and which values are refused by name."""

import numpy as np
import pytest

from hsi.scene.raster import Raster
from hsi.scene.valid import LARGEST, as_stored
from hsi.scene.valid import find_valid as of_raster

LOWEST = np.finfo(np.float32).min


def find_valid(cube, nodata, setting):
    return of_raster(Raster.of_array(cube), nodata, setting)


@pytest.fixture
def border(cube) -> np.ndarray:
    """Where a rotated strip has no data."""
    without = np.zeros(cube.shape[:2], bool)
    without[:4] = without[:, :6] = True
    return without


def filled(cube, border, value, dtype=np.float32) -> np.ndarray:
    holed = cube.astype(dtype)
    holed[border] = value
    return holed


@pytest.mark.parametrize(
    ("value", "nodata"),
    [
        (np.nan, None),
        (np.nan, ()),
        (np.nan, (-9999,)),
        (0, None),
        (0, (0,)),
        (-9999, None),
        (-9999, (-9999,)),
        (-9999, (0, -9999)),
        (65535, None),
        (65535, (65535,)),
        (LOWEST, (float(LOWEST),)),
        (LOWEST, (-3.4028235e38,)),  # as GDAL prints it
        (1e30, (1e30,)),
    ],
)
@pytest.mark.parametrize("chunk", [2**22, 1])
def test_a_border_without_data_is_found(cube, border, value, nodata, chunk, monkeypatch):
    monkeypatch.setattr("hsi.scene.raster.CHUNK", chunk)
    valid, remarks = find_valid(filled(cube, border, value), nodata, "key")
    assert np.array_equal(valid, ~border)
    assert remarks[0].startswith("216 of 546 pixels are without data: 216 hold ")


def test_a_scene_with_data_everywhere_has_no_remark(cube):
    for nodata in (None, ()):
        valid, remarks = find_valid(cube, nodata, "key")
        assert valid.all()
        assert not remarks


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, ">i2", np.float16, np.float64])
def test_every_type_of_number_is_looked_at(cube, border, dtype):
    holed = filled(cube, border, 0, dtype)
    assert np.array_equal(find_valid(holed, None, "key")[0], ~border)


def test_a_value_in_some_bands_is_as_good_as_in_all(cube):
    holed = cube.astype(np.float32)
    holed[3, 4, 5], holed[3, 5, 7], holed[6] = -1, np.nan, -1
    valid, (remark,) = find_valid(holed, (-1,), "key")
    assert np.argwhere(~valid).tolist() == [[3, 4], [3, 5], *([6, column] for column in range(21))]
    assert "23 hold NaN or the declared value (in some bands only: 2)" in remark


def test_what_is_declared_and_nowhere_is_said(cube):
    valid, remarks = find_valid(cube, (-5, 7), "scene.custom.nodata")
    assert valid.all()
    assert remarks == ["no value is -5 or 7, as scene.custom.nodata declares"]


@pytest.mark.parametrize(
    ("bands", "value", "detected"),
    [(1, 0, False), (3, 0, True), (3, -1, True), (3, 255, False), (9, 255, False), (10, 255, True)],
)
def test_one_value_in_all_bands_may_be_grey_where_there_are_few(cube, bands, value, detected):
    holed = cube[..., :bands].astype(np.int32)
    holed[5, 6] = value
    assert find_valid(holed, None, "key")[0][5, 6] != detected
    assert find_valid(holed, (), "key")[0].all(), "with [] nothing is detected"


@pytest.mark.parametrize(
    ("value", "bands", "message"),
    [
        (1e30, slice(None), r"1e\+30 at row 2, column 3, band 0 .*is no measurement; .*declare it"),
        (1e30, 7, r"1e\+30 at row 2, column 3, band 7 .*is no measurement"),
        (LOWEST, slice(None), r"-3\.4028235e\+38 at row 2, column 3, band 0 .*is no measurement"),
        (np.inf, 7, r"inf at row 2, column 3, band 7 .*is no measurement"),
        (-np.inf, slice(None), r"-inf at row 2, column 3, band 0 .*is no measurement"),
        (1e9, 7, r"1e\+09 at row 2, column 3, band 7 .* further from the median"),
        (-1e9, 7, r"-1e\+09 at row 2, column 3, band 7 .* further from the median"),
        (
            -9999,
            7,
            r"-9999\.0 at row 2, column 3, band 7 .*usually means no data.*or set that to \[\]",
        ),
        (-32768, 7, r"-32768\.0 at row 2, column 3, band 7 .*usually means no data"),
    ],
)
@pytest.mark.parametrize("chunk", [2**22, 1])
def test_a_value_that_nobody_declared_is_named(cube, value, bands, message, chunk, monkeypatch):
    monkeypatch.setattr("hsi.scene.raster.CHUNK", chunk)
    broken = cube.astype(np.float32)
    broken[2, 3, bands] = value
    with pytest.raises(ValueError, match=message) as error:
        find_valid(broken, None, "scene.custom.nodata")
    assert "scene.custom.nodata" in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    if np.isfinite(value):
        valid, _ = find_valid(broken, (float(value),), "key")
        assert np.argwhere(~valid).tolist() == [[2, 3]]


def test_values_that_no_unit_has_are_refused_even_if_all_are_alike(cube):
    with pytest.raises(ValueError, match="is no measurement"):
        find_valid(cube.astype(float) * 1e200, None, "key")
    assert find_valid(cube / cube.max() * LARGEST, None, "key")[0].all()


def test_measured_values_of_any_unit_are_taken(cube):
    for unit in (1e-30, 1e-4, 1.0, 1e6):
        assert find_valid(cube * unit, None, "key")[0].all()
    bright = cube.copy()
    bright[7, ::5, 3] = 65535
    assert find_valid(bright, None, "key")[0].all()


def test_a_band_without_any_data_is_named(cube):
    striped = cube.astype(np.int16)
    striped[..., [3, 17]] = -32768
    with pytest.raises(ValueError, match=r"no pixel holds data.*bands 3, 17 \(from 0\) hold none"):
        find_valid(striped, (-32768,), "key")
    with pytest.raises(ValueError, match=r"^no pixel holds data in every band$"):
        find_valid(np.zeros((3, 3, 12)), None, "key")


def test_declared_values_are_compared_as_the_array_stores_them():
    assert as_stored((0.1,), np.dtype(np.float32)) == [float(np.float32(0.1))]
    assert as_stored((1e300,), np.dtype(np.float32)) == []
    assert as_stored((65535, -1), np.dtype(np.int16)) == [65535, -1]
