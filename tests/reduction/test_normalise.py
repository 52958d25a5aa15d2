import numpy as np
import pytest

from hsi.choices import NORMALISATIONS
from hsi.reduction.normalise import none, snv, unit


def test_unit_spectra_have_a_norm_of_one_whatever_the_light(cube):
    np.testing.assert_allclose(np.linalg.norm(unit(cube), axis=-1), 1)
    np.testing.assert_allclose(unit(cube * 7), unit(cube))


def test_snv_removes_offset_and_gain(cube):
    found = snv(cube)
    np.testing.assert_allclose(found.mean(-1), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(-1), 1)
    np.testing.assert_allclose(snv(3 * cube + 5), found, atol=1e-9)


def test_none_changes_no_value(cube):
    assert np.array_equal(none(cube), cube)


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_flat_spectra_and_integers_stay_finite(name):
    pixels = np.array([[0, 0, 0], [7, 7, 7], [65535, 1, 65535]], np.uint16)
    found = NORMALISATIONS[name].load()(pixels)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
