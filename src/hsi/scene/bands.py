"""Which bands of a file are used."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from hsi.scene.raster import Raster
from hsi.scene.valid import declared_nodata, in_all_bands, without_measurement

Wanted = Sequence[int] | Sequence[tuple[float, float]]


def chosen(raster: Raster, wanted: Wanted | None, setting: str) -> tuple[Raster, dict[str, int]]:
    """Leave out the bands that the file calls bad and those that the user does not want.

    Args:
        raster: The file.
        wanted: Numbers of bands from 0, or ranges in nanometres; None for all.
        setting: What errors call the setting (`scene.custom.bands`).

    Returns:
        The raster of the other bands; and the number of bands `in_file`, `marked_bad` and
        `not_selected`.

    Raises:
        ValueError: If there is no such band, no band is left, or ranges are given and the file
            does not know its wavelengths.
    """
    bands = len(raster.numbers)
    selected = np.ones(bands, bool)
    if wanted is not None:
        selected = _selected(raster, wanted, setting)
    good = np.array(raster.good)
    kept = np.flatnonzero(selected & good)
    if not len(kept):
        raise ValueError(f"{raster.name}: no band is left of {bands}: see {setting}")
    counts = {
        "in_file": bands,
        "marked_bad": int((~good).sum()),
        "not_selected": int((good & ~selected).sum()),
    }
    return raster.select(kept.tolist()), counts


def _selected(raster: Raster, wanted: Wanted, setting: str) -> Bool[np.ndarray, " bands"]:
    bands = len(raster.numbers)
    selected = np.zeros(bands, bool)
    for each in wanted:
        if isinstance(each, int):
            if not 0 <= each < bands:
                raise ValueError(
                    f"{setting}: may hold numbers from 0 to {bands - 1}, the last band of "
                    f"{raster.name} (got {each})"
                )
            selected[each] = True
            continue
        low, high = each
        if raster.wavelengths is None:
            raise ValueError(
                f"{setting}: {raster.name} does not say its wavelengths, so bands may be chosen by "
                "number, as [0, 1, 2]"
            )
        inside = (low <= np.array(raster.wavelengths)) & (np.array(raster.wavelengths) <= high)
        if not inside.any():
            raise ValueError(
                f"{setting}: no band of {raster.name} lies between {low:g} and {high:g} nm; they "
                f"reach from {min(raster.wavelengths):g} to {max(raster.wavelengths):g} nm"
            )
        selected |= inside
    return selected


def informative(
    raster: Raster, nodata: tuple[int | float, ...] | None
) -> tuple[Raster, dict[str, int]]:
    """Leave out the bands that hold no data, and those that hold one value in all pixels.

    Args:
        raster: The scene; it is read once.
        nodata: As in `hsi.scene.valid.find_valid`.

    Returns:
        The raster of the other bands; and the number of bands `without_data` and `of_one_value`.

    Raises:
        ValueError: If no band is left.
    """
    declared, detect = declared_nodata(nodata, raster)
    bands = len(raster.numbers)
    low, high = np.full(bands, np.inf), np.full(bands, -np.inf)
    for rows, columns in raster.windows():
        values = raster.read(rows, columns)
        empty = without_measurement(values, declared)
        if detect:
            empty |= in_all_bands(values)[..., None]
        low = np.minimum(low, np.where(empty, np.inf, values).min((0, 1)))
        high = np.maximum(high, np.where(empty, -np.inf, values).max((0, 1)))
    without, single = low > high, low == high
    counts = {"without_data": int(without.sum()), "of_one_value": int(single.sum())}
    kept = np.flatnonzero(~(without | single))
    if not len(kept):
        raise ValueError(
            f"{raster.name}: no band is left: of {bands}, {counts['without_data']} hold no data "
            f"and {counts['of_one_value']} hold one value in all pixels"
        )
    return raster.select(kept.tolist()), counts


def dropped_remark(counts: dict[str, int]) -> str:
    """Return in words which bands of a file are not used; empty if all are."""
    reasons = {
        "marked_bad": "the file marks as bad",
        "not_selected": "are not selected",
        "without_data": "hold no data",
        "of_one_value": "hold one value in all pixels",
    }
    parts = [f"{counts[key]} {text}" for key, text in reasons.items() if counts[key]]
    left = counts["in_file"] - sum(counts[key] for key in reasons)
    return f"{left} of {counts['in_file']} bands are used: {', '.join(parts)}" if parts else ""
