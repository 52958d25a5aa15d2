"""Find in another scene the bands that a classifier was trained on."""

from dataclasses import replace

import numpy as np

from hsi.scene.info import SceneInfo
from hsi.scene.raster import Raster
from hsi.scene.resample import resampled

SAME_BAND = 5.0  # nanometres between the centres of bands that count as the same

UNSCALED = (1.0, 0.0)  # scale and offset of a file that says nothing of its units


def matched(
    raster: Raster,
    trained: SceneInfo,
    bands: int,
    resample: bool,
    nodata: tuple[int | float, ...] | None,
) -> tuple[Raster, list[str]]:
    """Return the bands of a raster that are those of the training scene, in their order.

    Bands are matched by wavelength if both scenes know theirs, else by number: the file may have
    as many bands as the training file had, or as many as were used of it.

    Args:
        raster: The scene to classify.
        trained: What is known about the training scene.
        bands: How many bands the classifier reads.
        resample: Interpolate to the trained wavelengths where no band is the same.
        nodata: As in `hsi.scene.valid.find_valid`.

    Returns:
        The raster of these bands, and remarks for the user.

    Raises:
        ValueError: Naming the first band that does not match.
    """
    remarks = _compared_units(raster, trained)
    if trained.wavelengths is None or raster.wavelengths is None:
        found, of_number = _by_number(raster, trained, bands, resample)
        return found, remarks + of_number
    if _in_order(raster, trained):
        return raster, remarks
    apart = np.abs(np.subtract.outer(trained.wavelengths, raster.wavelengths))
    nearest, distance = apart.argmin(1), apart.min(1)
    if distance.max() <= SAME_BAND:
        return raster.select(nearest.tolist()), remarks
    if resample:
        new = int((distance > 0).sum())
        remark = f"{new} of {bands} bands are interpolated to the wavelengths of the training scene"
        return resampled(raster, trained.wavelengths, nodata), [*remarks, remark]
    band = int(np.argmax(distance > SAME_BAND))
    raise ValueError(
        f"band {band} (from 0) of the classifier is at {trained.wavelengths[band]:g} nm, and the "
        f"nearest band of {raster.name} at {raster.wavelengths[nearest[band]]:g} nm; with "
        "--resample its spectra are interpolated"
    )


def with_trained_nodata(
    raster: Raster, trained: SceneInfo, nodata: tuple[int | float, ...] | None
) -> tuple[Raster, tuple[int | float, ...] | None]:
    """Take what means no data from the training scene, if neither the user nor the file says it.

    Returns:
        The raster, as if its file declared the values; and what the user declares, as in
        `hsi.scene.valid.find_valid`: () too, if the training scene was read so.
    """
    if nodata is not None or raster.nodata or trained.nodata is None:
        return raster, nodata
    return replace(raster, nodata=trained.nodata), nodata if trained.nodata else ()


def _compared_units(raster: Raster, trained: SceneInfo) -> list[str]:
    """Refuse values in other units than those of training, where both scenes say theirs."""
    own, of_training = (raster.scale, raster.offset), (trained.scale, trained.offset)
    if own == of_training:
        return []
    if UNSCALED in (own, of_training):
        silent = raster.name if own == UNSCALED else "the training scene"
        return [f"{silent} declares no scale: values are taken to be in the same units"]
    raise ValueError(
        f"the values of {raster.name} are scaled by {raster.scale:g} and shifted by "
        f"{raster.offset:g}, those of the training scene by {trained.scale:g} and "
        f"{trained.offset:g}; bring them to the same units"
    )


def _in_order(raster: Raster, trained: SceneInfo) -> bool:
    """Return whether the bands are the same one by one: two bands may share a wavelength."""
    assert trained.wavelengths is not None
    assert raster.wavelengths is not None
    if len(trained.wavelengths) != len(raster.wavelengths):
        return False
    apart = np.abs(np.subtract(trained.wavelengths, raster.wavelengths))
    return bool(apart.max() <= SAME_BAND)


def _by_number(
    raster: Raster, trained: SceneInfo, bands: int, resample: bool
) -> tuple[Raster, list[str]]:
    without = "the training scene" if trained.wavelengths is None else raster.name
    if resample:
        raise ValueError(f"{without} does not know its wavelengths, so --resample is impossible")
    found = len(raster.numbers)
    one_knows = trained.wavelengths is not None or raster.wavelengths is not None
    remarks = [f"{without} does not know its wavelengths: bands are matched by number"] * one_knows
    if found == bands:
        return raster, remarks
    if trained.bands is not None and found == trained.file_bands:
        return raster.select(list(trained.bands)), remarks
    also = f", or all {trained.file_bands} of its file" if trained.file_bands else ""
    raise ValueError(f"the classifier needs {bands} bands{also}, {raster.name} has {found}")
