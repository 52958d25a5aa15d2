from dataclasses import replace

import numpy as np
import pytest

from hsi.scene.raster import Raster
from hsi.scene.resample import resampled

WINDOW = (slice(0, 2), slice(0, 3))


def test_spectra_are_interpolated_as_numpy_does(cube):
    own = np.linspace(400, 900, 24)
    mixed = np.random.default_rng(0).permutation(24)
    raster = Raster.of_array(cube[..., mixed], tuple(own[mixed].tolist()))
    wanted = (400.0, 433.3, float(own[5]), 900.0)
    found = resampled(raster, wanted, None).read(*WINDOW)
    expected = [
        [np.interp(wanted, own, cube[row, column]) for column in range(3)] for row in range(2)
    ]
    assert np.allclose(found, expected, rtol=1e-12)
    assert np.array_equal(found[..., 2], cube[:2, :3, 5]), "a band that is the same is exact"


def test_what_is_between_data_and_no_data_is_no_data():
    cube = np.array([[[1, -9999, 3, 4]]], np.int16)
    raster = replace(Raster.of_array(cube, (1.0, 2.0, 3.0, 4.0)), nodata=(-9999.0,))
    found = resampled(raster, (1.0, 1.5, 2.5, 3.0, 3.5), None).read(slice(0, 1), slice(0, 1))
    assert np.array_equal(found[0, 0], [1, np.nan, np.nan, 3, 3.5], equal_nan=True)


def test_what_lies_outside_cannot_be_interpolated():
    raster = Raster.of_array(np.zeros((1, 1, 2)), (500.0, 600.0))
    with pytest.raises(ValueError, match=r"reaches from 500 to 600 nm, so band 1 .* at 601 nm"):
        resampled(raster, (550.0, 601.0), None)
