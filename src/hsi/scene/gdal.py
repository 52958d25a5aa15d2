"""Open rasters of the formats that GDAL reads, and what their headers say of the bands."""

import math
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NodataShadowWarning, NotGeoreferencedWarning
from rasterio.io import DatasetReader
from rasterio.windows import Window

from hsi.files import refuse_irregular
from hsi.scene.grid import Grid
from hsi.scene.raster import Raster
from hsi.scene.reading import (
    plain,
    refuse_larger_than_memory,
    refuse_too_many_bands,
    unreadable,
)
from hsi.scene.spectrum import in_nanometres
from hsi.scene.vrt import refuse_strange_parts

# How a file begins, and GDAL's name of its format. Only these are opened: some of GDAL's other
# formats are descriptions of web services, or run code.
BEGINNINGS = {
    b"II*\0": "GTiff",
    b"MM\0*": "GTiff",
    b"II+\0": "GTiff",
    b"MM\0+": "GTiff",
    b"<VRTDataset": "VRT",
    b"EHFA_HEADER_TAG": "HFA",
    b"\0\0\0\x0cjP  ": "JP2OpenJPEG",
    b"\x89PNG": "PNG",
    b"ncols": "AAIGrid",
    b"NCOLS": "AAIGrid",
}
ENVI_DATA = ("", ".img", ".dat", ".bin", ".raw", ".bsq", ".bil", ".bip", ".sli")
SETTINGS: dict[str, str | int] = {
    "GDAL_CACHEMAX": 128,  # MiB; GDAL alone would take 5 % of the memory
    "RAW_CHECK_FILE_SIZE": "YES",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
}
ON_NETWORK: dict[str, str | int] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # looks for no files beside it
    "GDAL_HTTP_CONNECTTIMEOUT": 30,  # seconds
    "GDAL_HTTP_MAX_RETRY": 3,
}
VIRTUAL = {"https:/": "/vsicurl/https://", "http:/": "/vsicurl/http://", "s3:/": "/vsis3/"}


def gdal_driver(path: Path) -> tuple[Path, str] | None:
    """Return the file to open and GDAL's name of its format; None if it has none of the formats.

    An ENVI raster may be given by its header, too.

    Raises:
        FileNotFoundError: If there is no data file for a header.
    """
    if path.suffix.lower() == ".hdr" and _beginning(path).startswith(b"ENVI"):
        stem = path.with_suffix("")
        for data in (stem.with_name(stem.name + suffix) for suffix in ENVI_DATA):
            if data.is_file():
                return data, "ENVI"
        raise FileNotFoundError(f"{path} is an ENVI header, and its data {stem}.img is missing")
    beginning = _beginning(path)
    for begin, driver in BEGINNINGS.items():
        if beginning.lstrip(b"\xef\xbb\xbf \r\n").startswith(begin):
            return path, driver
    return (path, "ENVI") if _envi_header(path) else None


def on_network(path: Path) -> str | None:
    """Return GDAL's name of a file at https://, http:// or s3://; None of a file in a folder.

    A path makes one slash of two, so these addresses begin with `https:/` in it.
    """
    for begin, virtual in VIRTUAL.items():
        if str(path).startswith(begin):
            return virtual + str(path).removeprefix(begin)
    return None


def shown(path: Path) -> str:
    """Return a path or an address of the network as its user wrote it."""
    begin, _, rest = str(path).partition("/")
    return str(path) if on_network(path) is None else f"{begin}//{rest}"


@contextmanager
def opened(path: Path, driver: str) -> Iterator[DatasetReader]:
    """Open a raster with one of GDAL's drivers.

    Raises:
        ValueError: If the file is damaged, or refers to the network.
    """
    if on_network(path) is None:
        if driver == "VRT":
            refuse_strange_parts(path, lambda part: gdal_driver(part) is not None)
        _refuse_strange_files_beside(path)
    with _quietly(path), _open(path, driver) as dataset:
        _refuse_strange_place(path, dataset)
        yield dataset


def open_gdal(path: Path, driver: str) -> Raster:
    """Describe a raster that GDAL reads; each window is read when it is asked for.

    Raises:
        ValueError: If the file is damaged or its header contradicts itself or the data.
    """
    with opened(path, driver) as dataset:
        refuse_too_many_bands(path, dataset.count)
        refuse_larger_than_memory(path, dataset.shape, 1, "one byte for each pixel")
        if driver == "ENVI":
            _refuse_other_size(path, dataset)
        if {np.dtype(each).kind for each in dataset.dtypes} - set("uif"):
            raise ValueError(f"{shown(path)} holds {dataset.dtypes[0]} values; save the real part")
        bands = dataset.count
        alpha = [each == ColorInterp.alpha for each in dataset.colorinterp]
        bad = [each in ("0", "0.0") for each in _of_bands(path, dataset, "bbl", 1.0)]
        wavelengths = _wavelengths(path, dataset)
        masked = MaskFlags.per_dataset in dataset.mask_flag_enums[0]
        nodata = {float(each) for each in dataset.nodatavals if each is not None}
        scales = {*zip(dataset.scales, dataset.offsets, strict=True)}
        if len(scales) > 1:
            raise ValueError(f"{shown(path)}: its bands have {len(scales)} scales; give them one")
        [(scale, offset)] = scales
        factor = dataset.tags(ns="ENVI").get("reflectance_scale_factor")
        if factor and scale == 1.0:
            scale = 1 / _number(path, "reflectance scale factor", factor)
        georeferenced = not dataset.transform.is_identity
        grid = Grid(
            dataset.height,
            dataset.width,
            dataset.crs.to_wkt() if dataset.crs and georeferenced else None,
            tuple(dataset.transform)[:6] if georeferenced else None,
        )
        fill = np.nan if np.dtype(dataset.dtypes[0]).kind == "f" else min(nodata, default=0)
        local = [] if on_network(path) else dataset.files
        files = tuple(_as_given(Path(each), path) for each in local)
        dtype = np.result_type(*dataset.dtypes)
        block = tuple(max(sizes) for sizes in zip(*dataset.block_shapes, strict=True))
    kept: list[DatasetReader] = []

    def read(rows: slice, columns: slice, numbers: list[int]) -> np.ndarray:
        window = ((rows.start, rows.stop), (columns.start, columns.stop))
        with _quietly(path):
            if not kept:
                kept.append(_open(path, driver))
            [source] = kept
            values = source.read([number + 1 for number in numbers], window=window)
            if masked:
                values[:, source.dataset_mask(window=window) == 0] = fill
        return np.ascontiguousarray(values.transpose(1, 2, 0))

    return Raster(
        name=shown(path),
        grid=grid,
        dtype=dtype,
        numbers=tuple(range(bands)),
        file_bands=bands,
        wavelengths=wavelengths,
        good=tuple(not (each or also) for each, also in zip(bad, alpha, strict=True)),
        nodata=tuple(sorted(each for each in nodata if not np.isnan(each))),
        scale=float(scale),
        offset=float(offset),
        block=(int(block[0]), int(block[1])),
        files=files,
        read_window=read,
    )


def _open(path: Path, driver: str) -> DatasetReader:
    dataset = rasterio.open(on_network(path) or path.absolute(), driver=driver, sharing=False)
    if driver == "AAIGrid":
        # GDAL looks for a row of an ASCII grid behind the row above, and after a missing row twice
        # as long for each one below. From the top, it fails at the first.
        for row in range(dataset.height):
            dataset.read(1, window=Window(0, row, 1, 1))
    return dataset


@contextmanager
def _quietly(path: Path) -> Iterator[None]:
    """Say in one line what is wrong with a file, and nothing of what is expected of some files."""
    virtual = on_network(path)
    settings = {**SETTINGS, **(ON_NETWORK if virtual else {})}
    # The one file on the network that may be opened, whatever a file or its metadata refer to.
    settings["CPL_VSIL_CURL_ALLOWED_FILENAME"] = virtual or "none"
    try:
        with _without_lost_errors(), rasterio.Env(**settings), warnings.catch_warnings():
            for harmless in (NotGeoreferencedWarning, NodataShadowWarning):
                warnings.simplefilter("ignore", harmless)
            yield
    except Exception as error:  # rasterio does not publish the classes of GDAL's errors
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise unreadable(path, cause, shown(path)) from error


@contextmanager
def _without_lost_errors() -> Iterator[None]:
    """Print nothing where rasterio fails to log what GDAL says.

    It decodes GDAL's messages as UTF-8, also where they quote a damaged file, and has nobody to
    raise the error to.
    """
    unraisable, uncaught = sys.unraisablehook, sys.excepthook

    sys.unraisablehook = lambda lost: (
        None if lost.exc_type is UnicodeDecodeError else unraisable(lost)
    )
    sys.excepthook = lambda kind, error, trace: (
        None if kind is UnicodeDecodeError else uncaught(kind, error, trace)
    )
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = unraisable, uncaught


def _refuse_strange_place(path: Path, dataset: DatasetReader) -> None:
    """Refuse pixels without area, and metadata that name another file to be read instead.

    Raises:
        ValueError: If GDAL would read an overview from elsewhere, or a pixel has no area.
    """
    elsewhere = dataset.tags(ns="OVERVIEWS").get("OVERVIEW_FILE", "")
    if elsewhere:
        raise ValueError(f"{shown(path)} refers to another file, {plain(elsewhere, 100)!r}")
    area = dataset.transform.determinant
    if not math.isfinite(area) or area == 0:
        place = ", ".join(f"{each:g}" for each in tuple(dataset.transform)[:6])
        raise ValueError(f"{shown(path)}: its transform ({place}) gives pixels no area")


def _refuse_strange_files_beside(path: Path) -> None:
    """Refuse what GDAL would open beside a raster, and should not.

    A mask or an overview that is no TIFF could be of any of GDAL's formats. A pipe of a name that
    GDAL looks for, such as that of a world file, could be waited for without end.

    Raises:
        ValueError: Naming the file beside.
    """
    stem = path.stem.lower()
    names = [f"{path.name}{suffix}".lower() for suffix in (".msk", ".ovr")]
    for beside in path.absolute().parent.iterdir():
        if not beside.name.lower().startswith(stem):
            continue
        if beside.exists() and not beside.is_dir():
            refuse_irregular(beside)
        if beside.name.lower() in names and beside.is_file():
            with beside.open("rb") as file:
                if file.read(2) not in (b"II", b"MM"):
                    raise ValueError(f"{beside} cannot be read: its content is not TIFF")


def _as_given(file: Path, path: Path) -> Path:
    """Return one of GDAL's absolute paths in the form in which the raster was given."""
    folder = path.absolute().parent
    return path.parent / file.relative_to(folder) if file.is_relative_to(folder) else file


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _envi_header(path: Path) -> Path | None:
    for header in (path.with_suffix(".hdr"), path.with_name(path.name + ".hdr")):
        if header != path and header.is_file() and _beginning(header).startswith(b"ENVI"):
            return header
    return None


def _refuse_other_size(path: Path, dataset: DatasetReader) -> None:
    """Refuse ENVI data that are longer than their header says; GDAL refuses shorter ones."""
    begin = int(dataset.tags(ns="ENVI").get("header_offset", "0"))
    numbers = dataset.height * dataset.width * dataset.count
    wanted = begin + numbers * np.dtype(dataset.dtypes[0]).itemsize
    size = path.stat().st_size
    if size != wanted:
        raise ValueError(
            f"{path} and its header disagree: the file has {size:,} bytes, and {dataset.height} "
            f"lines x {dataset.width} samples x {dataset.count} bands of {dataset.dtypes[0]} take "
            f"{wanted:,}"
        )


def _of_bands(path: Path, dataset: DatasetReader, key: str, default: Any) -> list[str]:  # noqa: ANN401
    """Return what a header says of each band, as text; `default` where it says nothing.

    Raises:
        ValueError: If a list of ENVI's header has another length than the bands.
    """
    listed = _listed(dataset, key)
    if listed and len(listed) != dataset.count:
        raise ValueError(
            f"{shown(path)}: its header lists {len(listed)} values of {key} for "
            f"{dataset.count} bands"
        )
    found = []
    for band in range(1, dataset.count + 1):
        tags = {name.lower(): value for name, value in dataset.tags(band).items()}
        found.append(tags.get(key, listed[band - 1] if listed else str(default)))
    return found


def _listed(dataset: DatasetReader, key: str) -> list[str]:
    text = dataset.tags(ns="ENVI").get(key, "").strip().strip("{}").strip()
    return [each.strip() for each in text.split(",")] if text else []


def _wavelengths(path: Path, dataset: DatasetReader) -> tuple[float, ...] | None:
    """Return the band centres in nanometres; None unless every band has one."""
    found = _of_bands(path, dataset, "wavelength", "")
    unit = _of_bands_unit(dataset)
    if not all(found):
        micrometres = [
            dataset.tags(band, ns="IMAGERY").get("CENTRAL_WAVELENGTH_UM", "")
            for band in range(1, dataset.count + 1)
        ]
        found, unit = micrometres, "um"
    if not all(found):
        return None
    return in_nanometres([_number(path, "wavelength", each) for each in found], unit)


def _of_bands_unit(dataset: DatasetReader) -> str:
    tags = {name.lower(): value for name, value in dataset.tags(1).items()}
    return str(tags.get("wavelength_units") or dataset.tags(ns="ENVI").get("wavelength_units", ""))


def _number(path: Path, key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"{shown(path)}: {key} should be a number, its header has {plain(text, 40)!r}"
        ) from None
