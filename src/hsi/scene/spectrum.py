"""Wavelengths of bands: their units, and which bands of two sensors are the same."""

from collections.abc import Sequence

import numpy as np

LARGEST_MICROMETRES = 100.0  # a list of wavelengths without unit that stays below is in micrometres
MICROMETRES = ("um", "\u00b5m", "\u03bcm", "micro")  # beginnings of the unit's names
NANOMETRES = ("nm", "nano")
RED, GREEN, BLUE = 650.0, 550.0, 470.0  # nanometres
NEAR = 40.0  # nanometres from these colours to a band that may stand for one


def in_nanometres(values: Sequence[float], unit: str) -> tuple[float, ...] | None:
    """Return wavelengths in nanometres.

    Args:
        values: The wavelengths of all bands.
        unit: The unit as a header has it; any other name than those of nanometres and micrometres
            means that it is to be told from the values.

    Returns:
        The wavelengths, or None if they can be none: not positive, or all the same.
    """
    told = unit.strip().lower()
    array = np.asarray(values, np.float64)
    if not np.isfinite(array).all() or (array <= 0).any():
        return None
    if len(array) > 1 and (array == array[0]).all():
        return None
    micrometres = told.startswith(MICROMETRES) or (
        not told.startswith(NANOMETRES) and array.max() < LARGEST_MICROMETRES
    )
    return tuple((array * 1000).round(6).tolist()) if micrometres else tuple(array.tolist())


def false_colour_bands(wavelengths: Sequence[float] | None, bands: int) -> tuple[int, int, int]:
    """Return the bands to show as red, green and blue, from 0.

    Those nearest to `RED`, `GREEN` and `BLUE` if all three are near, else three bands at quarters.
    """
    if wavelengths is not None:
        apart = np.abs(np.subtract.outer([RED, GREEN, BLUE], wavelengths))
        if apart.min(1).max() <= NEAR:
            red, green, blue = apart.argmin(1).tolist()
            return red, green, blue
    return 3 * bands // 4, bands // 2, bands // 4
