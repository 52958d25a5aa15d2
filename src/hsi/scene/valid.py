"""Which pixels of a scene hold a measurement, and which are without data.

Strips, mosaics and masked products fill the pixels that were not measured with some value. A
reduction that is fitted to such pixels describes the fill, and a classifier would give them a
class.
"""

import numpy as np
from jaxtyping import Bool, Int, Num

from hsi.files import part, row_chunks

MANY_BANDS = 10  # from so many on, no measured spectrum has one value in all bands
CODES = (-9999, -32768)  # usual no-data values that lie within the range of measured integers
LARGEST = 1e20  # no unit makes a measurement as large, while fill values such as 1e30 are
FAR = (
    1e4  # times the usual distance to the median; a measurement that far off would be all of a PCA
)
SAMPLE = 100_000  # pixels from which the median and the usual distance to it are computed

Place = tuple[int, int, int]  # row, column, band


def find_valid(
    cube: Num[np.ndarray, "height width bands"],
    nodata: tuple[int | float, ...] | None,
    setting: str,
) -> tuple[Bool[np.ndarray, "height width"], list[str]]:
    """Find the pixels that hold a measurement in every band.

    A pixel is without data if any of its bands is NaN or holds a declared no-data value. If no
    value is declared, a pixel is also without data if all of its bands hold the same value, and
    that value is 0 or negative or there are `MANY_BANDS` bands or more.

    Args:
        cube: The scene; a memory-mapped file is read once, some rows at a time.
        nodata: The values that mean no data; None to detect them, () for NaN alone.
        setting: What errors call the setting that declares them (`scene.custom.nodata`).

    Returns:
        True for each pixel with data, and remarks for the user, none if every pixel has data.

    Raises:
        ValueError: Naming pixel, band and value, if a value is infinite, above `LARGEST` or so far
            from all others that it can be no measurement, or if it is a usual no-data value and
            none is declared; or if no pixel is left.
    """
    height, width, bands = cube.shape
    valid = np.ones((height, width), bool)
    measured = np.zeros(bands, bool)  # whether a band holds a value anywhere
    declared, declared_found = as_stored(nodata or (), cube.dtype), False
    filled = partly = flat = 0  # pixels
    sample, extremes = [], []
    for rows in row_chunks(height, width * bands):
        values = part(cube, rows)
        empty = np.isin(values, declared)
        declared_found |= bool(empty.any())
        if cube.dtype.kind == "f":
            empty |= np.isnan(values)
        fill = _in_all_bands(values) & (nodata is None)
        valid[rows] = ~(empty.any(-1) | fill)
        measured |= ~empty.all((0, 1))
        filled += int(empty.any(-1).sum())
        partly += int((empty.any(-1) & ~empty.all(-1)).sum())
        flat += int(fill.sum())

        good, places = values[valid[rows]], np.argwhere(valid[rows])
        if not len(good):
            continue
        places[:, 0] += rows.start
        sample.append(good[:: max(1, height * width // SAMPLE)])
        for extreme in (int(good.argmin()), int(good.argmax())):
            extremes.append((float(good.flat[extreme]), _place(extreme, places, bands)))
        if nodata is None and cube.dtype.kind in "if" and good.min() <= max(CODES):
            for code in np.flatnonzero(np.isin(good, CODES))[:1].tolist():
                what = f"usually means no data: declare it as {setting}, or set that to [] if"
                _refuse(cube, _place(code, places, bands), f"{what} it was measured")

    if not sample:
        never = ", ".join(map(str, np.flatnonzero(~measured)))
        raise ValueError(
            "no pixel holds data in every band"
            + (f"; bands {never} (from 0) hold none in any pixel: remove them" if never else "")
        )
    _refuse_outliers(cube, np.concatenate(sample).astype(np.float64), extremes, setting)
    remarks = []
    if not valid.all():
        why = [(filled, "NaN or the declared value"), (flat, "one value in all bands")]
        found = " and ".join(f"{count:,} hold {what}" for count, what in why if count)
        remarks.append(
            f"{(~valid).sum():,} of {valid.size:,} pixels are without data: {found} (in some bands "
            f"only: {partly:,}); they are in no fit, no training and no score, and get no class"
        )
    if nodata and not declared_found:
        remarks.append(f"no value is {' or '.join(map(str, nodata))}, as {setting} declares")
    return valid, remarks


def as_stored(nodata: tuple[int | float, ...], dtype: np.dtype) -> list[int | float]:
    """Return values as an array of some type holds them: GDAL prints float32 with eight digits."""
    if dtype.kind != "f":
        return list(nodata)
    with np.errstate(over="ignore"):
        stored: list[int | float] = [float(dtype.type(value)) for value in nodata]
    return [value for value in stored if np.isfinite(value)]


def _in_all_bands(
    values: Num[np.ndarray, "some width bands"],
) -> Bool[np.ndarray, "some width"]:
    """Return which pixels hold in all bands one value that no spectrum has in all bands."""
    bands = values.shape[2]
    if bands == 1:
        return np.zeros(values.shape[:2], bool)
    first = values[..., 0].astype(np.float64)
    unlikely = (first <= 0) | (bands >= MANY_BANDS)
    unlikely &= np.abs(first) <= LARGEST  # larger ones should be declared, as single values should
    return unlikely & (values == values[..., :1]).all(-1)


def _refuse_outliers(
    cube: Num[np.ndarray, "height width bands"],
    sample: Num[np.ndarray, "pixels bands"],
    extremes: list[tuple[float, Place]],
    setting: str,
) -> None:
    """Refuse the lowest or highest value of a scene if it can be no measurement.

    Args:
        cube: The scene.
        sample: Values of some pixels, from which the usual distance to the median is computed.
        extremes: Values and places (row, column, band), the lowest and highest among them.
        setting: What errors call the setting that declares no-data values.
    """
    remedy = f"if it means no data, declare it as {setting}, otherwise replace it"
    ends = (min(extremes), max(extremes))
    for value, place in ends:
        if abs(value) > LARGEST:
            _refuse(cube, place, f"is no measurement; {remedy}")
    median = float(np.median(sample))
    usual = float(np.quantile(np.abs(sample - median), 0.9))
    for value, place in ends:
        if abs(value - median) > FAR * usual > 0:
            far = f"is over {FAR:g} times further from the median ({median:g}) than 90 % of all"
            _refuse(cube, place, f"{far}; {remedy}")


def _place(number: int, pixels: Int[np.ndarray, "pixels 2"], bands: int) -> Place:
    """Return row, column and band of one of the values of some pixels."""
    row, column = pixels[number // bands].tolist()
    return row, column, number % bands


def _refuse(cube: Num[np.ndarray, "height width bands"], place: Place, what: str) -> None:
    row, column, band = place
    value = str(cube[place])  # in as many digits as its type has, which the user may copy
    raise ValueError(
        f"the value {value} at row {row}, column {column}, band {band} (from 0) {what}"
    )
