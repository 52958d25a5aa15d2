"""Cloud-optimized GeoTIFFs of any size, written in parts.

The parts go into a file of bare numbers. A description of that file, GDAL's virtual raster, holds
everything else: place, colours, names, no-data. GDAL makes the GeoTIFF of the two, and a file
`.aux.xml` beside it for the names of classes, which GeoTIFF itself has no place for.

Source: https://gdal.org/drivers/raster/vrt.html and https://gdal.org/drivers/raster/cog.html
"""

import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import rasterio
import rasterio.shutil
from jaxtyping import Float, Float32, Int32
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning

from hsi.files import named_in_errors, new_files
from hsi.maps.legend import NO_CLASS, one_line, smallest_type
from hsi.maps.qgis import style
from hsi.maps.raw import fill_raw, write_part
from hsi.scene.grid import Grid

RAW = "raw"  # name of the file of bare numbers
TYPES = {"|u1": "Byte", "<u2": "UInt16", "<f4": "Float32"}  # of NumPy and GDAL
CACHE = 128  # MiB of blocks that GDAL holds; by default it takes a twentieth of the memory
SIDECARS = (".aux.xml", ".ovr", ".msk")  # what GDAL reads beside a GeoTIFF


@contextmanager
def new_class_geotiff(
    path: Path,
    grid: Grid,
    values: tuple[int, ...],
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> Iterator[Callable[[slice, slice, np.ndarray], None]]:
    """Write a class map as GeoTIFF, with a QGIS style (.qml) beside it.

    The context is a function that takes the rows and columns of a window and its classes, int32 of
    shape (some rows, some columns), from 1, or 0 for none. Windows come in any order, and what is
    never given has no class. A class has one byte a pixel, or two if a value is above 255.

    Args:
        path: The .tif.
        grid: Size and place of the map.
        values: Value of each class in the raster, 1 to 65535; 0 is no-data.
        class_names: Name of each class.
        colours: Red, green and blue of each class in [0, 1], class 0 (none) first.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
        ValueError: If the coordinate reference system cannot be read.
    """
    dtype = smallest_type(max(values))
    of_class = np.array([0, *values], dtype)
    shape = (1, grid.height, grid.width)
    description, (band,) = _description(grid, dtype, ("class",))
    SubElement(band, "NoDataValue").text = "0"
    _add_legend(band, values, class_names, colours)
    with new_files(path) as folder:
        with named_in_errors(path):
            fill_raw(folder / RAW, shape, dtype.type(0))

        def put(
            rows: slice, columns: slice, classes: Int32[np.ndarray, "some_rows some_columns"]
        ) -> None:
            with named_in_errors(path):
                write_part(folder / RAW, shape, rows, columns, of_class[classes][None])

        yield put
        with named_in_errors(path):
            _to_geotiff(description, folder, path, {"overview_resampling": "MODE"})
            qml = folder / path.with_suffix(".qml").name
            qml.write_bytes(style(values, class_names, colours))


@contextmanager
def new_layers(
    path: Path, grid: Grid, names: tuple[str, ...]
) -> Iterator[Callable[[slice, slice, np.ndarray], None]]:
    """Write layers of numbers, such as confidence or the probability of each class, as GeoTIFF.

    The context is a function that takes the rows and columns of a window and its values, float32 of
    shape (layers, some rows, some columns), NaN where there is no data. Windows come in any order,
    and what is never given is NaN.

    Args:
        path: The .tif.
        grid: Size and place of the layers.
        names: Description of each layer.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
        ValueError: If the coordinate reference system cannot be read.
    """
    dtype = np.dtype("<f4")
    shape = (len(names), grid.height, grid.width)
    description, bands = _description(grid, dtype, names)
    for band in bands:
        SubElement(band, "NoDataValue").text = "nan"
    with new_files(path) as folder:
        with named_in_errors(path):
            fill_raw(folder / RAW, shape, np.float32(np.nan))

        def put(
            rows: slice,
            columns: slice,
            values: Float32[np.ndarray, "layers some_rows some_columns"],
        ) -> None:
            with named_in_errors(path):
                write_part(folder / RAW, shape, rows, columns, values)

        yield put
        options = {"overview_resampling": "AVERAGE", "predictor": "YES"}
        with named_in_errors(path):
            _to_geotiff(description, folder, path, options)


def _description(
    grid: Grid, dtype: np.dtype[np.generic], names: tuple[str, ...]
) -> tuple[Element, list[Element]]:
    """Describe the file of bare numbers; the elements of its bands are returned too."""
    height, width, size = grid.height, grid.width, dtype.itemsize
    document = Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    if grid.crs is not None:
        # GDAL would leave out what it cannot read, without a word; rasterio refuses it.
        SubElement(document, "SRS").text = CRS.from_user_input(grid.crs).to_wkt()
    if grid.transform is not None:
        a, b, c, d, e, f = grid.transform
        SubElement(document, "GeoTransform").text = ", ".join(map(repr, (c, a, b, f, d, e)))
    bands = []
    for number, name in enumerate(names):
        band = SubElement(
            document,
            "VRTRasterBand",
            dataType=TYPES[dtype.str],
            band=str(number + 1),
            subClass="VRTRawRasterBand",
        )
        SubElement(band, "Description").text = one_line(name)
        SubElement(band, "SourceFilename", relativeToVRT="1").text = RAW
        SubElement(band, "ImageOffset").text = str(number * height * width * size)
        SubElement(band, "PixelOffset").text = str(size)
        SubElement(band, "LineOffset").text = str(width * size)
        SubElement(band, "ByteOrder").text = "LSB"
        bands.append(band)
    return document, bands


def _add_legend(
    band: Element,
    values: tuple[int, ...],
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> None:
    """Add colours and names to a band: a list of each, in which a value is a place."""
    names = dict(zip([0, *values], [NO_CLASS, *map(one_line, class_names)], strict=True))
    in_bytes = (colours * 255).round().astype(int).tolist()
    of_value = dict(zip([0, *values], in_bytes, strict=True))
    SubElement(band, "ColorInterp").text = "Palette"
    table = SubElement(band, "ColorTable")
    categories = SubElement(band, "CategoryNames")
    for value in range(max(values) + 1):
        red, green, blue = map(str, of_value.get(value, (0, 0, 0)))
        alpha = "255" if value in values else "0"
        SubElement(table, "Entry", c1=red, c2=green, c3=blue, c4=alpha)
        SubElement(categories, "Category").text = names.get(value, "")


def _to_geotiff(description: Element, folder: Path, path: Path, options: dict[str, str]) -> None:
    """Make the GeoTIFF in the folder, and leave nothing there but what belongs beside `path`.

    It is read back, because GDAL says nothing where its last write finds the disk full.
    """
    virtual, made = folder / "virtual.vrt", folder / path.name
    virtual.write_bytes(tostring(description, "utf-8"))
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            rasterio.shutil.copy(
                str(virtual),
                str(made),
                driver="COG",
                compress="DEFLATE",
                bigtiff="IF_SAFER",
                **options,
            )
            with rasterio.open(made) as opened:
                for _, window in opened.block_windows(1):
                    opened.read(window=window)
    except Exception as error:  # GDAL's errors have no public class in rasterio
        free = shutil.disk_usage(folder).free // 2**20  # GDAL does not say that a disk is full
        raise OSError(f"{' '.join(str(error).split())} ({free} MiB are free)") from error
    virtual.unlink()
    (folder / RAW).unlink()
    # Of an older file of this name: statistics that QGIS computed, overviews, a mask.
    for ending in SIDECARS:
        path.with_name(path.name + ending).unlink(missing_ok=True)
