"""Minimum noise fraction, with the package `spectral` as the oracle."""

import numpy as np
import pytest
import spectral

from hsi.choices import NORMALISATIONS
from hsi.reduction.mnf import fit_mnf
from hsi.reduction.moments import noise_covariance

ALL = np.ones((26, 21), bool)
NONE = NORMALISATIONS["none"].load()


def noise_of_spectral(cube):
    """Half the covariance of neighbours' differences, put together from those of spectral."""
    cube = cube.astype(float)
    products, pairs = 0, 0
    for direction in ("lower", "right"):
        stats = spectral.noise_from_diffs(cube, direction=direction)
        count = (26 - 1) * 21 if direction == "lower" else 26 * (21 - 1)
        centre = spectral.calc_stats(
            np.diff(cube, axis=0 if direction == "lower" else 1).reshape(count, 1, -1)
        ).mean
        products = products + 2 * stats.cov * (count - 1) + count * np.outer(centre, centre)
        pairs += count
    return products / (2 * pairs)


def test_the_noise_is_half_the_covariance_of_neighbours_differences(cube):
    found, pairs = noise_covariance(cube, ALL, NONE)
    assert pairs == 25 * 21 + 26 * 20
    np.testing.assert_allclose(found, noise_of_spectral(cube), rtol=1e-6, atol=1e-3)


def test_it_is_spectrals_mnf(cube):
    projection, facts = fit_mnf(cube, ALL, 5, "none", ridge=0.0, whiten=False)
    signal = spectral.calc_stats(cube)
    noise = spectral.GaussianStats(signal.mean, noise_of_spectral(cube), signal.nsamples)
    theirs = spectral.mnf(signal, noise).reduce(cube, num=5)
    ours = projection.apply(cube)
    for k in range(5):
        agreement = np.corrcoef(ours[k].ravel(), theirs[..., k].ravel())[0, 1]
        assert abs(agreement) == pytest.approx(1, abs=1e-4)
    assert facts["least_variance_over_noise"] == pytest.approx(ours[4].var(ddof=1), rel=1e-3)


def test_the_noise_of_each_component_has_variance_one_and_they_are_in_order(cube):
    projection, _ = fit_mnf(cube, ALL, 6, "unit", ridge=0.0, whiten=False)
    components = projection.apply(cube)
    noise, _ = noise_covariance(components.transpose(1, 2, 0), ALL, NONE)
    np.testing.assert_allclose(noise, np.eye(6), atol=1e-3)
    variances = components.reshape(6, -1).var(1)
    assert (np.diff(variances) <= 0).all()
    for axis in projection.axes:
        assert axis[np.abs(axis).argmax()] > 0


def test_whitened_components_have_unit_variance(cube):
    projection, _ = fit_mnf(cube, ALL, 5, "none", ridge=0.001, whiten=True)
    np.testing.assert_allclose(np.cov(projection.apply(cube).reshape(5, -1)), np.eye(5), atol=1e-3)


def test_a_scene_in_a_file_read_in_parts_gives_the_same_axes(cube, tmp_path, monkeypatch):
    whole, _ = fit_mnf(cube, ALL, 4, "unit", ridge=0.001, whiten=False)
    np.save(tmp_path / "cube.npy", cube)
    stored = np.load(tmp_path / "cube.npy", mmap_mode="r")
    monkeypatch.setattr("hsi.files.CHUNK", 3 * cube[0].size)
    in_parts, _ = fit_mnf(stored, ALL, 4, "unit", ridge=0.001, whiten=False)
    np.testing.assert_allclose(in_parts.axes, whole.axes, rtol=1e-6)


def test_only_the_chosen_pixels_and_pairs_of_them_are_seen(cube):
    chosen = ALL.copy()
    chosen[11:13, 4:9] = False
    changed = cube.astype(float)
    changed[~chosen] = np.nan
    first, _ = fit_mnf(cube, chosen, 3, "unit", ridge=0.001, whiten=False)
    second, _ = fit_mnf(changed, chosen, 3, "unit", ridge=0.001, whiten=False)
    assert np.array_equal(first.axes, second.axes)


def test_what_cannot_be_fitted_is_refused_with_the_reason(cube):
    with pytest.raises(ValueError, match=r"reduce\.components=25 exceeds the 24 bands"):
        fit_mnf(cube, ALL, 25, "none", ridge=0.001, whiten=False)
    scattered = np.zeros((26, 21), bool)
    scattered[::2, ::2] = True
    with pytest.raises(ValueError, match=r"0 pairs of neighbouring pixels.*reduce\.fit_on=scene"):
        fit_mnf(cube, scattered, 3, "none", ridge=0.001, whiten=False)
    with pytest.raises(ValueError, match="all neighbouring pixels are equal"):
        fit_mnf(np.ones_like(cube), ALL, 3, "none", ridge=0.001, whiten=False)
    repeated = np.concatenate([cube[..., :4]] * 6, axis=2)
    with pytest.raises(ValueError, match=r"reduce\.mnf\.ridge: should be larger"):
        fit_mnf(repeated, ALL, 6, "none", ridge=0.0, whiten=False)
