from dataclasses import replace

import numpy as np
import pytest
from examples import scene_info

from hsi.scene.matching import matched, with_trained_nodata
from hsi.scene.raster import Raster

NANOMETRES = (400.0, 500.0, 600.0)
TRAINED = scene_info(bands=3, wavelengths=NANOMETRES)
CUBE = np.arange(2 * 2 * 5).reshape(2, 2, 5)
WINDOW = (slice(0, 2), slice(0, 2))


def test_bands_are_found_by_wavelength_in_any_order():
    raster = Raster.of_array(CUBE, (599.0, 900.0, 402.0, 450.0, 500.0))
    found, remarks = matched(raster, TRAINED, 3, False, None)
    assert np.array_equal(found.read(*WINDOW), CUBE[..., [2, 4, 0]])
    assert not remarks


def test_two_bands_at_one_wavelength_keep_their_order():
    twice = scene_info(bands=3, wavelengths=(696.5, 686.9, 696.55))
    raster = Raster.of_array(CUBE[..., :3], (696.5, 686.9, 696.55))
    assert matched(raster, twice, 3, False, None)[0].numbers == (0, 1, 2)


def test_the_first_band_that_is_missing_is_named_or_interpolated():
    raster = Raster.of_array(CUBE, (401.0, 480.0, 520.0, 590.0, 610.0))
    with pytest.raises(ValueError, match=r"^band 1 .* at 500 nm, .* at 480 nm; with --resample"):
        matched(raster, TRAINED, 3, False, None)
    with pytest.raises(ValueError, match=r"reaches from 401 .* band 0 .* at 400 nm"):
        matched(raster, TRAINED, 3, True, None)
    raster = replace(raster, wavelengths=(400.0, 480.0, 520.0, 590.0, 610.0))
    found, (remark,) = matched(raster, TRAINED, 3, True, None)
    assert remark.startswith("2 of 3 bands are interpolated")
    assert np.allclose(found.read(*WINDOW)[..., 1], CUBE[..., 1:3].mean(-1))


def test_without_wavelengths_bands_are_matched_by_number():
    raster = Raster.of_array(CUBE)
    of_five = replace(TRAINED, bands=(0, 2, 4), file_bands=5)
    found, (remark,) = matched(raster, of_five, 3, False, None)
    assert found.numbers == (0, 2, 4)
    assert remark == "the cube does not know its wavelengths: bands are matched by number"
    unknown = replace(of_five, wavelengths=None)
    assert matched(raster.select([1, 2, 3]), unknown, 3, False, None)[0].numbers == (1, 2, 3)
    with pytest.raises(ValueError, match="needs 3 bands, or all 5 of its file, the cube has 4"):
        matched(raster.select([0, 1, 2, 3]), unknown, 3, False, None)
    with pytest.raises(ValueError, match="so --resample is impossible"):
        matched(raster, unknown, 3, True, None)


def test_values_in_other_units_are_refused():
    raster = replace(Raster.of_array(CUBE), scale=0.0001)
    with pytest.raises(ValueError, match=r"scaled by 0\.0001 and shifted by 0, .* by 0\.1 "):
        matched(raster, replace(TRAINED, scale=0.1), 5, False, None)


def test_a_scene_that_says_nothing_of_its_units_is_remarked():
    raster = Raster.of_array(CUBE[..., :3], NANOMETRES)
    _, (remark,) = matched(raster, replace(TRAINED, scale=0.0001), 3, False, None)
    assert remark == "the cube declares no scale: values are taken to be in the same units"
    _, (remark,) = matched(replace(raster, scale=0.1), TRAINED, 3, False, None)
    assert remark.startswith("the training scene declares no scale")


def test_no_data_is_what_the_user_says_then_the_file_then_the_training_scene():
    silent = Raster.of_array(CUBE)
    says = replace(silent, nodata=(-1.0,))
    trained = replace(TRAINED, nodata=(-9999,))
    assert with_trained_nodata(says, trained, None) == (says, None)
    assert with_trained_nodata(silent, trained, (5.0,)) == (silent, (5.0,))
    assert with_trained_nodata(silent, trained, None) == (replace(silent, nodata=(-9999,)), None)
    assert with_trained_nodata(silent, TRAINED, None) == (silent, None)
    assert with_trained_nodata(silent, replace(TRAINED, nodata=()), None) == (silent, ())
