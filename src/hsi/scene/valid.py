"""Which pixels of a scene hold a measurement, and which are without data.

Strips, mosaics and masked products fill the pixels that were not measured with some value. A
reduction that is fitted to such pixels describes the fill, and a classifier would give them a
class.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Num
from tqdm import tqdm

from hsi.scene.raster import Raster

MANY_BANDS = 10  # from so many on, no measured spectrum has one value in all bands
CODES = (-9999, -32768)  # usual no-data values that lie within the range of measured integers
LARGEST = 1e20  # no unit makes a measurement as large, while fill values such as 1e30 are
FAR = (
    1e4  # times the usual distance to the median; a measurement that far off would be all of a PCA
)
SAMPLE = 100_000  # pixels from which the median and the usual distance to it are computed


class Extreme(NamedTuple):
    """A value far from others, and where it is."""

    value: float
    text: str  # in as many digits as its type has, which the user may copy
    row: int
    column: int
    band: int  # of the file


class Seen(NamedTuple):
    """What one window of a scene holds.

    Attributes:
        valid: (rows, columns) whether a pixel holds a measurement in every band.
        measured: (bands,) whether a band holds a value in any pixel.
        declared: Whether any value is one that is declared to mean no data.
        filled: Pixels with NaN or a declared value in some band.
        partly: Those of them that hold a value in another band.
        flat: Other pixels with one value in all bands.
        sample: (pixels, bands) of some pixels with data.
        extremes: The lowest and the highest value of pixels with data.
        code: The first usual no-data value that nothing declares; None if there is none.
    """

    valid: np.ndarray
    measured: np.ndarray
    declared: bool
    filled: int
    partly: int
    flat: int
    sample: np.ndarray
    extremes: list[Extreme]
    code: Extreme | None


def declared_nodata(
    nodata: tuple[int | float, ...] | None, raster: Raster
) -> tuple[tuple[int | float, ...], bool]:
    """Return the values that mean no data, and whether pixels of one value are without data too.

    Args:
        nodata: What the user declares: some values; None for those that the file declares; () for
            none at all, not even one value in all bands.
        raster: The file.
    """
    return (raster.nodata if nodata is None else nodata), nodata != ()


def find_valid(
    raster: Raster,
    nodata: tuple[int | float, ...] | None,
    setting: str,
    progress: str | None = None,
) -> tuple[Bool[np.ndarray, "height width"], list[str]]:
    """Find the pixels that hold a measurement in every band.

    A pixel is without data if any of its bands is NaN or holds a declared no-data value. A pixel is
    also without data if all of its bands hold the same value, and that value is 0 or negative or
    there are `MANY_BANDS` bands or more, unless `nodata` is ().

    Args:
        raster: The scene; it is read once, by windows.
        nodata: The values that mean no data; None for those that the file declares, () for NaN
            alone.
        setting: What errors call the setting that declares them (`scene.custom.nodata`).
        progress: Label of a progress bar on a terminal; None for no bar.

    Returns:
        True for each pixel with data, and remarks for the user, none if every pixel has data.

    Raises:
        ValueError: Naming pixel, band and value, if a value is infinite, above `LARGEST` or so far
            from all others that it can be no measurement, or if it is a usual no-data value and
            none is declared; or if no pixel is left.
    """
    windows = tqdm(raster.windows(), progress, unit="part", disable=None if progress else True)
    return judged(raster, nodata, setting, (look(raster, *window, nodata) for window in windows))


def look(
    raster: Raster, rows: slice, columns: slice, nodata: tuple[int | float, ...] | None
) -> Seen:
    """Read one window of a scene, and return what `judged` needs to know of it."""
    height, width, _ = raster.shape
    values_declared, detect = declared_nodata(nodata, raster)
    values = raster.read(rows, columns)
    declared = np.isin(values, as_stored(values_declared, values.dtype))
    empty = declared | _not_a_number(values)
    fill = in_all_bands(values) & detect
    here = ~(empty.any(-1) | fill)

    good, places = values[here], np.argwhere(here)
    places += (rows.start, columns.start)
    extremes, code = [], None
    if len(good):
        ends = (int(good.argmin()), int(good.argmax()))
        extremes = [_extreme(good, number, places, raster) for number in ends]
        if not values_declared and detect and good.dtype.kind in "if" and good.min() <= max(CODES):
            for number in np.flatnonzero(np.isin(good, CODES))[:1].tolist():
                code = _extreme(good, number, places, raster)
    return Seen(
        valid=here,
        measured=~empty.all((0, 1)),
        declared=bool(declared.any()),
        filled=int(empty.any(-1).sum()),
        partly=int((empty.any(-1) & ~empty.all(-1)).sum()),
        flat=int((fill & ~empty.any(-1)).sum()),
        sample=good[:: max(1, height * width // SAMPLE)].copy(),  # a view would keep all
        extremes=extremes,
        code=code,
    )


def judged(
    raster: Raster,
    nodata: tuple[int | float, ...] | None,
    setting: str,
    windows: Iterable[Seen],
) -> tuple[Bool[np.ndarray, "height width"], list[str]]:
    """Return which pixels hold a measurement, from what was seen of each window.

    Arguments, result and errors are those of `find_valid`.

    Args:
        raster: The scene; it is not read.
        nodata: The values that mean no data.
        setting: What errors call the setting that declares them.
        windows: What `look` returned for each of `raster.windows()`, in their order.
    """
    height, width, bands = raster.shape
    valid = np.ones((height, width), bool)
    measured = np.zeros(bands, bool)  # whether a band holds a value anywhere
    found_declared = False
    filled = partly = flat = 0  # pixels
    sample: list[np.ndarray] = []
    extremes: list[Extreme] = []
    for (rows, columns), seen in zip(raster.windows(), windows, strict=True):
        valid[rows, columns] = seen.valid
        measured |= seen.measured
        found_declared |= seen.declared
        filled, partly, flat = filled + seen.filled, partly + seen.partly, flat + seen.flat
        if len(seen.sample):
            sample.append(seen.sample)
            extremes += seen.extremes
        if seen.code is not None:
            what = f"usually means no data: declare it as {setting}, or set that to [] if"
            _refuse(seen.code, f"{what} it was measured")

    if not sample:
        never = ", ".join(str(raster.numbers[band]) for band in np.flatnonzero(~measured))
        raise ValueError(
            "no pixel holds data in every band"
            + (f"; bands {never} (from 0) hold none in any pixel: remove them" if never else "")
        )
    _refuse_outliers(np.concatenate(sample).astype(np.float64), extremes, setting)
    remarks = []
    if not valid.all():
        why = [(filled, "NaN or the declared value"), (flat, "one value in all bands")]
        found = " and ".join(f"{count:,} hold {what}" for count, what in why if count)
        remarks.append(
            f"{(~valid).sum():,} of {valid.size:,} pixels are without data: {found} (in some bands "
            f"only: {partly:,}); they are in no fit, no training and no score, and get no class"
        )
    if nodata and not found_declared:
        remarks.append(f"no value is {' or '.join(map(str, nodata))}, as {setting} declares")
    return valid, remarks


def without_measurement(
    values: Num[np.ndarray, "*some bands"], nodata: tuple[int | float, ...]
) -> Bool[np.ndarray, "*some bands"]:
    """Return which values are NaN or declared to mean no data."""
    return np.isin(values, as_stored(nodata, values.dtype)) | _not_a_number(values)


def _not_a_number(values: Num[np.ndarray, "*some bands"]) -> Bool[np.ndarray, "*some bands"]:
    """Return which values are NaN; integers never are."""
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)


def as_stored(nodata: tuple[int | float, ...], dtype: np.dtype) -> list[int | float]:
    """Return values as an array of some type holds them: GDAL prints float32 with eight digits."""
    if dtype.kind != "f":
        return list(nodata)
    with np.errstate(over="ignore"):
        stored: list[int | float] = [float(dtype.type(value)) for value in nodata]
    return [value for value in stored if np.isfinite(value)]


def in_all_bands(
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
    sample: Num[np.ndarray, "pixels bands"], extremes: list[Extreme], setting: str
) -> None:
    """Refuse the lowest or highest value of a scene if it can be no measurement.

    Args:
        sample: Values of some pixels, from which the usual distance to the median is computed.
        extremes: The lowest and highest values of the scene are among them.
        setting: What errors call the setting that declares no-data values.
    """
    remedy = f"if it means no data, declare it as {setting}, otherwise replace it"
    ends = (min(extremes), max(extremes))
    for end in ends:
        if abs(end.value) > LARGEST:
            _refuse(end, f"is no measurement; {remedy}")
    median = float(np.median(sample))
    usual = float(np.quantile(np.abs(sample - median), 0.9))
    for end in ends:
        if abs(end.value - median) > FAR * usual > 0:
            far = f"is over {FAR:g} times further from the median ({median:g}) than 90 % of all"
            _refuse(end, f"{far}; {remedy}")


def _extreme(
    good: Num[np.ndarray, "pixels bands"],
    number: int,
    places: Int[np.ndarray, "pixels 2"],
    raster: Raster,
) -> Extreme:
    """Return one of the values of some pixels, with its place."""
    pixel, band = divmod(number, len(raster.numbers))
    row, column = places[pixel].tolist()
    value = good[pixel, band]
    return Extreme(float(value), str(value), row, column, raster.numbers[band])


def _refuse(extreme: Extreme, what: str) -> None:
    raise ValueError(
        f"the value {extreme.text} at row {extreme.row}, column {extreme.column}, band "
        f"{extreme.band} (from 0) {what}"
    )
