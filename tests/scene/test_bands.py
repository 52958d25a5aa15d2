"""Which bands are left out, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from hsi.scene.bands import chosen, dropped_remark, informative
from hsi.scene.raster import Raster

NANOMETRES = tuple(400.0 + 50 * band for band in range(24))


@pytest.fixture
def raster(cube) -> Raster:
    good = tuple(band not in (2, 7) for band in range(24))
    return replace(Raster.of_array(cube, NANOMETRES), good=good)


def test_bands_are_chosen_by_nanometres_or_number(raster):
    by_range, counts = chosen(raster, ((395.0, 550.0), (1500.0, 1550.0)), "key")
    assert by_range.numbers == (0, 1, 3, 22, 23)
    assert counts == {"in_file": 24, "marked_bad": 2, "not_selected": 17}
    assert chosen(raster, (7, 5, 0), "key")[0].numbers == (0, 5)
    everything, counts = chosen(raster, None, "key")
    assert len(everything.numbers) == 22
    assert dropped_remark({**counts, "without_data": 0, "of_one_value": 0}) == (
        "22 of 24 bands are used: 2 the file marks as bad"
    )


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ((24,), r"^key: may hold numbers from 0 to 23.* \(got 24\)"),
        ((-1,), r"\(got -1\)"),
        (((10.0, 20.0),), "^key: no band of the cube lies between 10 and 20 nm; .* 400 to 1550"),
        ((2, 7), "no band is left of 24"),
    ],
)
def test_bands_that_do_not_exist_are_one_line(raster, wanted, message):
    with pytest.raises(ValueError, match=message):
        chosen(raster, wanted, "key")


def test_ranges_need_wavelengths(cube):
    with pytest.raises(ValueError, match=r"key: the cube does not say its wavelengths, .* \[0, 1"):
        chosen(Raster.of_array(cube), ((400.0, 500.0),), "key")


@pytest.mark.parametrize("chunk", [2**22, 100])
def test_bands_without_data_or_of_one_value_are_left_out(cube, chunk, monkeypatch):
    """-32768 is finite: it must not reach a projection."""
    monkeypatch.setattr("hsi.scene.raster.CHUNK", chunk)
    holed = cube.astype(np.float32)
    holed[..., 4], holed[..., 9], holed[..., 11] = -32768, np.nan, 7
    holed[3, 3] = 0  # a pixel without data is no second value
    raster = replace(Raster.of_array(holed), nodata=(-32768.0,))
    kept, counts = informative(raster, None)
    assert counts == {"without_data": 2, "of_one_value": 1}
    assert sorted(set(range(24)) - set(kept.numbers)) == [4, 9, 11]
    with pytest.raises(ValueError, match="no band is left: of 24, 0 hold no data and 24 hold one"):
        informative(Raster.of_array(np.ones((3, 3, 24)) * np.arange(24)), None)
