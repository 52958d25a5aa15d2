"""Per-pixel normalisations: what is done to each spectrum before bands are reduced.

A pixel in shade has the spectrum of its material times a factor. `unit` and `snv` remove it.
"""

import numpy as np
from jaxtyping import Float64, Num

Spectra = Float64[np.ndarray, "*pixels bands"]


def none(pixels: Num[np.ndarray, "*pixels bands"]) -> Spectra:
    """Return the spectra as they are."""
    return pixels.astype(np.float64)


def unit(pixels: Num[np.ndarray, "*pixels bands"]) -> Spectra:
    """Divide each spectrum by its Euclidean norm; one of zeros stays as it is."""
    values = pixels.astype(np.float64)
    norm = np.linalg.norm(values, axis=-1, keepdims=True)
    return values / np.where(norm > 0, norm, 1)


def snv(pixels: Num[np.ndarray, "*pixels bands"]) -> Spectra:
    """Subtract the mean of each spectrum and divide by its standard deviation over the bands.

    A flat spectrum becomes zeros.

    Source: Barnes et al., Applied Spectroscopy 1989 (standard normal variate),
    https://doi.org/10.1366/0003702894202201
    """
    values = pixels - pixels.mean(-1, dtype=np.float64, keepdims=True)
    spread = values.std(-1, keepdims=True)
    return values / np.where(spread > 0, spread, 1)
