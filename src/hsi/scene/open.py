"""Open the cube of a file of any format that people have scenes in."""

from collections.abc import Collection

import numpy as np

from hsi.files import part, refuse_irregular
from hsi.scene.arrays import SUFFIXES, Source, Variable, find_variable, vector
from hsi.scene.gdal import gdal_driver, on_network, open_gdal, shown
from hsi.scene.grid import Grid
from hsi.scene.hdf5 import attributes, stored_as
from hsi.scene.raster import Raster
from hsi.scene.reading import refuse_larger_than_memory, refuse_too_many_bands
from hsi.scene.spectrum import in_nanometres

WAVELENGTHS = ("wavelength", "wavelengths", "wavelength_nm", "lambda", "wl")
GOOD = ("bbl", "good_wavelengths", "good_bands")  # names of lists that call a band good
FORMATS = "GeoTIFF, ENVI, VRT, ERDAS Imagine, JPEG 2000, HDF5, netCDF-4, .mat or .npy"


def open_raster(
    source: Source,
    band_axis: int | None,
    pixels: tuple[int, int] | None,
    bands: Collection[int],
    axis_setting: str,
    of: str = "what is expected",
) -> Raster:
    """Open the cube of a file; its values are read later, by windows.

    GDAL's formats say which numbers are bands. An array does not: its axis of bands is the one that
    leaves the given pixels, has one of the given numbers of bands, or is as long as the
    wavelengths in the file; where that does not decide, it must be given.

    Args:
        source: The file, and its variable if it holds several. A GeoTIFF may be on the network:
            https://, http:// or s3://, where GDAL takes credentials from the environment.
        band_axis: The axis of an array that holds the bands: 0, 1 or 2; None to find it.
        pixels: Height and width, where they are known otherwise.
        bands: How many bands there may be; empty if that is not known.
        axis_setting: What errors call the setting of `band_axis`.
        of: What errors call what the pixels are known from.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another format or damaged, lacks the variable, or does not tell
            which axis holds the bands.
    """
    path = source.path
    remote = on_network(path) is not None
    if not remote:
        refuse_irregular(path)
    array = path.suffix.lower() in SUFFIXES
    if remote and array:
        raise ValueError(f"{shown(path)}: of scenes on the network only GeoTIFF is read")
    known = (path, "GTiff") if remote else None if array else gdal_driver(path)
    if known:
        raster = open_gdal(*known)
        if pixels and raster.shape[:2] != pixels:
            raise ValueError(
                f"{raster.name}: its {raster.shape[:2]} pixels do not fit {pixels} of {of}"
            )
        return raster
    if not array:
        raise ValueError(f"{path} cannot be read: it may be {FORMATS}")
    variable = find_variable(source, 3)
    if 0 in variable.shape:
        raise ValueError(f"{path}: the cube of shape {variable.shape} is empty")
    if band_axis is None:
        band_axis = _find_axis(variable, pixels, bands, axis_setting, of)
    refuse_too_many_bands(path, variable.shape[band_axis])
    pixels_of_cube = (*variable.shape[:band_axis], *variable.shape[band_axis + 1 :])
    refuse_larger_than_memory(path, pixels_of_cube, 1, "one byte for each pixel")
    return _of_variable(variable, band_axis)


def _find_axis(
    variable: Variable,
    pixels: tuple[int, int] | None,
    bands: Collection[int],
    setting: str,
    of: str,
) -> int:
    path, shape = variable.path, variable.shape
    fitting = [
        axis
        for axis in range(3)
        if (pixels is None or (*shape[:axis], *shape[axis + 1 :]) == pixels)
        and (not bands or shape[axis] in bands)
    ]
    if len(fitting) > 1:
        listed = [axis for axis in fitting if vector(path, WAVELENGTHS, shape[axis])]
        fitting = listed if len(listed) == 1 else fitting
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        expected = [f"the {pixels} pixels of {of}"] if pixels else []
        if bands:
            expected.append(f"{' or '.join(map(str, sorted(bands)))} bands")
        raise ValueError(f"{path}: its cube of shape {shape} does not fit {' and '.join(expected)}")
    raise ValueError(
        f"{path}: the bands of its cube of shape {shape} may be on axis "
        f"{' or '.join(map(str, fitting))}: say which with {setting} (2 for height, width, bands)"
    )


def _of_variable(variable: Variable, band_axis: int) -> Raster:
    path, shape = variable.path, variable.shape
    bands = shape[band_axis]
    height, width = (*shape[:band_axis], *shape[band_axis + 1 :])
    about = attributes(path, variable.name) if variable.hdf5 else {}
    block = (1, width)
    if variable.hdf5:
        dtype, chunks = stored_as(path, variable.name)
        if chunks and len(chunks) == 3:
            down, across = (*chunks[:band_axis], *chunks[band_axis + 1 :])
            block = (down, across)
        read_part = variable.read_part
    else:
        values = variable.read()
        dtype = values.dtype

        def read_part(*index: slice) -> np.ndarray:
            return part(values, *index)

    def read(rows: slice, columns: slice, numbers: list[int]) -> np.ndarray:
        index = [rows, columns]
        index.insert(band_axis, slice(0, bands))
        found = np.moveaxis(read_part(*index), band_axis, 2)
        if dtype.kind == "b":
            found = found.astype(np.uint8)
        return found if numbers == list(range(bands)) else found[..., numbers]

    wavelengths = _numbers(about, WAVELENGTHS, bands) or vector(path, WAVELENGTHS, bands)
    good = _numbers(about, GOOD, bands) or vector(path, GOOD, bands) or [1.0] * bands
    unit = str(about.get("wavelength_units", about.get("units", "")))
    fill = [about[key] for key in ("_FillValue", "missing_value") if key in about]
    return Raster(
        name=str(path),
        grid=Grid(height, width, None, None),
        dtype=np.dtype(np.uint8) if dtype.kind == "b" else dtype,
        numbers=tuple(range(bands)),
        file_bands=bands,
        wavelengths=None if wavelengths is None else in_nanometres(wavelengths, unit),
        good=tuple(each != 0 for each in good),
        nodata=tuple(sorted({float(each) for each in np.ravel(fill) if not np.isnan(each)})),
        scale=float(np.ravel(about.get("scale_factor", 1.0))[0]),
        offset=float(np.ravel(about.get("add_offset", 0.0))[0]),
        block=block,
        files=(path,),
        read_window=read,
    )


def _numbers(about: dict[str, object], names: Collection[str], length: int) -> list[float] | None:
    """Return a list of one number a band from the attributes of an array."""
    for key, value in about.items():
        if key.lower() in names and isinstance(value, list) and len(value) == length:
            return [float(each) for each in value]
    return None
