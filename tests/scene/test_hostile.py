"""Files that a stranger made: pipes, devices, links, and small files that claim to be huge."""

import gzip
import io
import json
import os
import signal
import socket
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
import shapely
from scene_files import write_envi, write_geotiff
from vector_files import write_vector

from hsi.config import load_params
from hsi.files import read_array, read_json
from hsi.model import load_model
from hsi.reduction.projection import Projection
from hsi.scene.arrays import Source, read_variable
from hsi.scene.grid import Grid
from hsi.scene.labels.read import read_labels
from hsi.scene.labels.source import LabelSource
from hsi.scene.open import open_raster
from hsi.training import checkpoint

CUBE = np.arange(5 * 7 * 4, dtype=np.int16).reshape(5, 7, 4)
GRID = Grid(5, 7, None, None)
HUGE = 10**9


@pytest.fixture(autouse=True)
def _no_test_waits() -> Iterator[None]:
    """A reader that waits for a pipe would wait for ever."""

    def give_up(number: int, frame: object) -> None:
        raise AssertionError("a reader waits")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def scene(path: Path) -> None:
    raster = open_raster(Source(path, None, "--key"), 2, None, (), "--band-axis")
    for window in raster.windows()[:2]:
        raster.read(*window)


def labels(path: Path) -> None:
    read_labels(LabelSource(path, None, None, "--labels"), GRID, (0,))


def mask(path: Path) -> None:
    read_variable(Source(path, None, "--key"), 2)


READERS = {
    **{f"a.{each}": scene for each in ("npy", "mat", "h5", "nc", "tif", "vrt", "hdr", "img")},
    **{f"b.{each}": labels for each in ("gpkg", "shp", "geojson", "csv", "png", "asc")},
    "mask.npy": mask,
    "array.npy": read_array,
    "scene.json": read_json,
    "projection.npz": Projection.load,
    "model.safetensors": lambda path: load_model(path, "cpu"),
    "state.pt": lambda path: checkpoint.load(path, "cpu"),
    "params.yaml": load_params,
}


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "circle"])
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    path = Path(name)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "circle":
        path.symlink_to(path)
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    with pytest.raises((ValueError, OSError), match=name) as error:
        READERS[name](path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["a.tfw", "a.tif.aux.xml", "a.tif.msk", "a.tif.ovr"])
def test_a_pipe_that_gdal_would_look_into_is_refused(tmp_path, name):
    write_geotiff(tmp_path / "a.tif", CUBE)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=rf"{name} may be a regular file, it is a pipe"):
        scene(tmp_path / "a.tif")


def test_a_pipe_beside_a_shapefile_is_refused(tmp_path):
    write_vector(tmp_path / "a.shp", [shapely.box(0, 0, 1, 1)], {"class": ["a"]})
    (tmp_path / "a.dbf").unlink()
    os.mkfifo(tmp_path / "a.dbf")
    with pytest.raises(ValueError, match=r"a\.dbf may be a regular file, it is a pipe"):
        labels(tmp_path / "a.shp")


def test_a_link_to_another_disk_is_read_like_the_file(tmp_path):
    (tmp_path / "disk").mkdir()
    write_geotiff(tmp_path / "disk/a.tif", CUBE)
    np.save(tmp_path / "disk/a.npy", CUBE)
    for name in ("a.tif", "a.npy"):
        (tmp_path / name).symlink_to(tmp_path / "disk" / name)
        scene(tmp_path / name)


def huge_npy(path: Path) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (HUGE, HUGE, 9)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(1000))


def huge_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("cube", (HUGE, HUGE, 4), "i2", chunks=(9, 9, 4), compression="gzip")


def many_bands(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("cube", (5, 7, HUGE), "i2", chunks=(1, 1, 1000))


def huge_envi(path: Path) -> None:
    write_envi(path.with_suffix(".img"), CUBE)
    text = path.read_text(encoding="utf-8").replace("samples = 7", "samples = 2000000000")
    path.write_text(text.replace("lines = 5", "lines = 2000000000"), encoding="utf-8")


def huge_tiff(path: Path) -> None:
    """No block of it is stored."""
    side, place = 2**27, rasterio.Affine(2, 0, 500_000, 0, -2, 4_500_000)
    stored = {"tiled": True, "blockxsize": 2**20, "blockysize": 2**20, "sparse_ok": True}
    about = {"dtype": "uint8", "transform": place, "bigtiff": "YES"}
    with rasterio.open(path, "w", "GTiff", side, side, 1, **about, **stored):
        pass


def huge_vrt(path: Path) -> None:
    path.write_text(
        '<VRTDataset rasterXSize="2000000000" rasterYSize="2000000000">'
        '<VRTRasterBand dataType="Byte" band="1"/></VRTDataset>',
        encoding="utf-8",
    )


def packed_npz(path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (HUGE, HUGE)}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mean.npy", header.getvalue() + bytes(10**6))


def huge_tensors(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")


def lying_tensors(path: Path) -> None:
    about = {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}
    content = json.dumps(about).encode()
    path.write_bytes(struct.pack("<Q", len(content)) + content)


def deep_json(path: Path) -> None:
    path.write_text('{"features": ' + "[" * 200_000, encoding="utf-8")


def folded_npy(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(10**6)))


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.npy", huge_npy, "cannot be read: "),
        ("a.npy", folded_npy, "cannot be read: "),
        ("array.npy", huge_npy, "is broken"),
        ("a.h5", huge_hdf5, r"one byte for each pixel of shape .* would take [\d,]+ GiB"),
        ("a.h5", many_bands, "may have at most 65,536 bands, it has 1,000,000,000"),
        ("a.hdr", huge_envi, r"a\.img cannot be read: "),
        ("a.tif", huge_tiff, r"one byte for each pixel of shape .* would take [\d,]+ GiB"),
        ("a.vrt", huge_vrt, r"would take [\d,]+ GiB"),
        ("projection.npz", packed_npz, "is broken"),
        ("model.safetensors", huge_tensors, "is damaged"),
        ("model.safetensors", lying_tensors, "is damaged"),
        ("b.geojson", deep_json, "cannot be read as GeoJSON"),
        ("scene.json", deep_json, "is broken"),
    ],
)
def test_a_small_file_that_claims_to_be_huge_is_one_line(tmp_path, name, write, message):
    write(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 2**20
    with pytest.raises((ValueError, OSError), match=message) as error:
        READERS[name](tmp_path / name)
    assert len(str(error.value).splitlines()) == 1
    assert "a." in str(error.value) or name in str(error.value)


def test_no_format_of_arrays_unpickles(tmp_path, capsys):
    class Payload:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("executed",)

    np.save(tmp_path / "a.npy", np.array([Payload()], object), allow_pickle=True)
    np.savez(tmp_path / "projection.npz", mean=np.array([Payload()], object))
    for name in ("a.npy", "projection.npz"):
        with pytest.raises(ValueError, match=name):
            READERS[name](tmp_path / name)
    assert "executed" not in capsys.readouterr().out


def without_area(folder: Path) -> Path:
    write_geotiff(folder / "a.tif", CUBE)
    with rasterio.open(folder / "a.tif", "r+") as file:
        file.transform = rasterio.Affine(2, 4, 0, 1, 2, 0)
    return folder / "a.tif"


def odd_offset(folder: Path) -> Path:
    write_envi(folder / "a.img", CUBE)
    header = folder / "a.hdr"
    header.write_text(header.read_text("utf-8").replace("offset = 0", "offset = 0\x01"), "utf-8")
    return header


def other_columns(folder: Path) -> Path:
    (folder / "a.csv").write_text(f"row\x0c{'x' * 3000},colt\n1,2\n", encoding="utf-8")
    return folder / "a.csv"


def short_chunk(folder: Path) -> Path:
    """HDF5 2.0.0 crashes where it reads such a chunk."""
    with h5py.File(folder / "a.h5", "w") as file:
        cube = file.create_dataset("cube", data=CUBE, chunks=CUBE.shape, fletcher32=True)
        cube.id.write_direct_chunk((0, 0, 0), b"abc")
    return folder / "a.h5"


def broken_index(folder: Path) -> Path:
    write_vector(folder / "a.shp", [shapely.box(0, 0, 1, 1)], {"class": ["a"]})
    (folder / "a.prj").write_bytes(b"\xff\xfe[[")
    return folder / "a.shp"


@pytest.mark.parametrize(
    ("write", "read", "message"),
    [
        (without_area, scene, r"a\.tif: its transform \(2, 4, 0, 1, 2, 0\) gives pixels no area"),
        (without_area, labels, r"a\.tif: its transform \(2, 4, 0, 1, 2, 0\) gives pixels no area"),
        (odd_offset, scene, r"a\.img"),
        (
            other_columns,
            labels,
            r"a\.csv should have the columns x,y or .*, it has row x+\.\.\.,colt",
        ),
        (short_chunk, scene, r"a\.h5 cannot be read: a chunk of cube is shorter than its checksum"),
        (broken_index, labels, r"a\.shp"),
    ],
)
def test_what_the_fuzzer_found_is_one_line(tmp_path, write, read, message):
    path = write(tmp_path)
    with pytest.raises(ValueError, match=message) as error:
        read(path)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 500


def test_a_shape_beyond_64_bits_is_refused_without_a_warning(tmp_path):
    with (tmp_path / "a.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (2**62, 2**62, 2)}
        np.lib.format.write_array_header_1_0(file, header)
    for read in (scene, read_array):
        with pytest.raises(ValueError, match=r"a\.npy"):
            read(tmp_path / "a.npy")
