import numpy as np
import pytest

from hsi.choices import NORMALISATIONS
from hsi.files import read_array, write_array
from hsi.reduction.moments import moments

NONE = NORMALISATIONS["none"].load()


@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_mean_and_covariance_are_numpys_also_far_from_zero(cube, truth, offset):
    scene, chosen = cube + offset, truth > 0
    mean, covariance = moments(scene, chosen, NONE)
    np.testing.assert_allclose(mean, scene[chosen].mean(0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(scene[chosen].T), rtol=1e-9, atol=1e-6)


def test_pixels_that_are_not_chosen_may_hold_anything(cube, truth):
    other = cube.astype(float)
    other[truth == 0] = np.nan
    for left, right in zip(
        *(moments(each, truth > 0, NONE) for each in (cube, other)), strict=True
    ):
        assert np.array_equal(left, right)


def test_a_file_read_in_parts_has_the_same_moments(cube, truth, tmp_path, monkeypatch):
    whole = moments(cube, truth > 0, NONE)
    write_array(tmp_path / "cube.npy", cube)
    monkeypatch.setattr("hsi.files.CHUNK", 3 * cube[0].size)
    parts = moments(read_array(tmp_path / "cube.npy", in_memory=False), truth > 0, NONE)
    for left, right in zip(parts, whole, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-6)
