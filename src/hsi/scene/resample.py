"""Interpolate the spectra of a scene to the wavelengths of another."""

from dataclasses import replace

import numpy as np

from hsi.scene.raster import Raster
from hsi.scene.valid import declared_nodata, without_measurement


def resampled(
    raster: Raster, wavelengths: tuple[float, ...], nodata: tuple[int | float, ...] | None
) -> Raster:
    """Return a raster of float64 that interpolates linearly between the two nearest bands.

    A value is NaN if one of these two bands is without data.

    Args:
        raster: A raster that knows its wavelengths.
        wavelengths: In nanometres, those that are wanted.
        nodata: As in `hsi.scene.valid.find_valid`.

    Raises:
        ValueError: If a wavelength lies outside those of the raster.
    """
    assert raster.wavelengths is not None
    order = np.argsort(raster.wavelengths, kind="stable")
    known = np.array(raster.wavelengths)[order]
    for band, wanted in enumerate(wavelengths):
        if not known[0] <= wanted <= known[-1]:
            raise ValueError(
                f"{raster.name} reaches from {known[0]:g} to {known[-1]:g} nm, so band {band} "
                f"(from 0) of the classifier, at {wanted:g} nm, cannot be interpolated"
            )
    above = np.searchsorted(known, wavelengths).clip(1, len(known) - 1)
    below = above - 1
    gap = known[above] - known[below]
    weight = np.where(gap > 0, (wavelengths - known[below]) / np.where(gap > 0, gap, 1), 0.0)
    declared, _ = declared_nodata(nodata, raster)

    def read(rows: slice, columns: slice, numbers: list[int]) -> np.ndarray:
        values = raster.read(rows, columns)[..., order]
        spectra = np.where(without_measurement(values, declared), np.nan, values.astype(np.float64))
        mixed = spectra[..., below] * (1 - weight) + spectra[..., above] * weight
        exact = np.where(weight == 0, spectra[..., below], mixed)
        return np.where(weight == 1, spectra[..., above], exact)[..., numbers]

    many = len(wavelengths)
    return replace(
        raster,
        dtype=np.dtype(np.float64),
        numbers=tuple(range(many)),
        file_bands=many,
        wavelengths=tuple(wavelengths),
        good=(True,) * many,
        nodata=(),
        read_window=read,
    )
