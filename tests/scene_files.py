"""One small scene in every format that people have scenes in."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import rasterio
import scipy.io
from affine import Affine

WAVELENGTHS = (450.0, 550.0, 650.0, 850.0)  # nanometres
PLACE = (2.0, 0.0, 500_000.0, 0.0, -2.0, 4_500_000.0)
TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4"}  # of ENVI


def write_envi(
    path: Path,
    cube: np.ndarray,
    interleave: str = "bsq",
    big_endian: bool = False,
    lines: tuple[str, ...] = (),
) -> None:
    """Write data and header by hand, as the specification has them."""
    order = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}[interleave]
    stored = cube.transpose(order).astype(cube.dtype.newbyteorder("><"[not big_endian]))
    path.write_bytes(np.ascontiguousarray(stored).tobytes())
    [number] = [key for key, kind in TYPES.items() if np.dtype(kind) == cube.dtype]
    height, width, bands = cube.shape
    head = (
        f"ENVI\nsamples = {width}\nlines = {height}\nbands = {bands}\nheader offset = 0\n"
        f"file type = ENVI Standard\ndata type = {number}\ninterleave = {interleave}\n"
        f"byte order = {int(big_endian)}\n"
    )
    path.with_suffix(".hdr").write_text(head + "".join(f"{line}\n" for line in lines), "utf-8")


def envi_lines(unit: str = "Nanometers", factor: float = 1.0) -> tuple[str, ...]:
    listed = ", ".join(str(each * factor) for each in WAVELENGTHS)
    return (
        f"wavelength units = {unit}",
        f"wavelength = {{{listed}}}",
        "map info = {UTM, 1, 1, 500000, 4500000, 2, 2, 33, North, WGS-84, units=Meters}",
        "data ignore value = -9999",
    )


def write_geotiff(path: Path, cube: np.ndarray, **profile: object) -> None:
    height, width, bands = cube.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=height,
        width=width,
        count=bands,
        dtype=cube.dtype,
        crs="EPSG:32633",
        transform=Affine(*PLACE),
        nodata=-9999,
        **profile,
    ) as file:
        file.write(cube.transpose(2, 0, 1))
        for band, each in enumerate(WAVELENGTHS, start=1):
            file.update_tags(band, wavelength=each / 1000, wavelength_units="Micrometers")


def write_vrt(path: Path, cube: np.ndarray) -> None:
    """A mosaic of one GeoTIFF."""
    write_geotiff(path.with_name("part.tif"), cube)
    height, width, bands = cube.shape
    place = ", ".join(map(str, (PLACE[2], *PLACE[:2], PLACE[5], *PLACE[3:5])))
    content = [f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>EPSG:32633</SRS>']
    content.append(f"<GeoTransform>{place}</GeoTransform>")
    for band in range(1, bands + 1):
        nanometres = WAVELENGTHS[band - 1]
        content.append(
            f'<VRTRasterBand dataType="Int16" band="{band}"><NoDataValue>-9999</NoDataValue>'
            f'<Metadata><MDI key="wavelength">{nanometres}</MDI></Metadata>'
            f'<SimpleSource><SourceFilename relativeToVRT="1">part.tif</SourceFilename>'
            f"<SourceBand>{band}</SourceBand></SimpleSource></VRTRasterBand>"
        )
    path.write_text("".join([*content, "</VRTDataset>"]), "utf-8")


def write_hdf5(path: Path, cube: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        data = file.create_dataset("L2A/cube", data=cube.transpose(2, 0, 1), chunks=(4, 2, 3))
        data.attrs["_FillValue"] = np.int16(-9999)
        file["L2A/wavelengths"] = np.array(WAVELENGTHS, np.float32)


def write_matlab73(path: Path, cube: np.ndarray) -> None:
    """As MATLAB stores it: a header of 512 bytes, and the axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("cube", data=cube.transpose(2, 1, 0)).attrs["MATLAB_class"] = np.bytes_(
            "int16"
        )
        file["wavelength"] = np.array([WAVELENGTHS]).T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


def write_matlab5(path: Path, cube: np.ndarray) -> None:
    scipy.io.savemat(path, {"cube": cube, "wavelength": np.array(WAVELENGTHS)})


FORMATS: dict[str, Callable[[Path, np.ndarray], None]] = {
    "scene.tif": write_geotiff,
    "tiled.tif": lambda path, cube: write_geotiff(
        path, cube, tiled=True, blockxsize=16, blockysize=16, compress="deflate"
    ),
    "scene.img": lambda path, cube: write_envi(path, cube, "bil", lines=envi_lines()),
    "scene.vrt": write_vrt,
    "scene.h5": write_hdf5,
    "seven.mat": write_matlab73,
    "five.mat": write_matlab5,
    "scene.npy": lambda path, cube: np.save(path, cube),
}
