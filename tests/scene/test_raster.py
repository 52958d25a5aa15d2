"""Windows cover every pixel once, and follow the blocks of the file."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsi.scene.raster as module
from hsi.scene.raster import Raster


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    block=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    chunk=st.integers(1, 3000),
    edges=st.tuples(st.integers(0, 39), st.integers(1, 40)),
)
def test_windows_cover_every_pixel_once(height, width, block, chunk, edges):
    raster = replace(Raster.of_array(np.zeros((height, width, 3))), block=block)
    top, bottom = min(edges[0], height - 1), min(max(edges), height)
    rows = slice(top, max(bottom, top + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        windows = raster.windows(rows)
    seen = np.zeros((height, width), int)
    for down, across in windows:
        seen[down, across] += 1
        pixels = (down.stop - down.start) * (across.stop - across.start)
        assert pixels <= max(module.LARGEST_BLOCK * max(1, chunk // 3), width, block[1])
    assert (seen[rows] == 1).all()
    assert seen.sum() == seen[rows].size


def test_windows_of_a_tiled_file_end_at_its_tiles():
    raster = replace(Raster.of_array(np.zeros((100, 100, 1))), block=(32, 32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", 2048)
        starts = {(down.start, across.start) for down, across in raster.windows()}
    assert starts == {(row, column) for row in (0, 32, 64, 96) for column in (0, 64)}


def test_as_many_wavelengths_as_bands_are_needed():
    with pytest.raises(ValueError, match="the cube has 3 bands and 2 wavelengths"):
        Raster.of_array(np.zeros((2, 2, 3)), (400.0, 500.0))


def test_chosen_bands_keep_the_numbers_of_the_file(cube):
    raster = Raster.of_array(cube).select([5, 3, 8]).select([2, 0])
    assert raster.numbers == (8, 5)
    assert np.array_equal(raster.read(slice(0, 3), slice(0, 4)), cube[:3, :4, [8, 5]])


def test_a_signalling_nan_is_read_as_nan_and_converts_without_a_warning():
    cube = np.ones((1, 2, 2), np.float32)
    cube.view(np.uint32)[0, 0, 1] = 0x7F800001
    values = Raster.of_array(cube).read(slice(0, 1), slice(0, 2)).astype(np.float64)
    assert np.array_equal(values, [[[1, np.nan], [1, 1]]], equal_nan=True)
