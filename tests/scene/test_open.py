"""One scene in every format is the same scene; what is damaged or unclear is one line."""

from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pytest
from file_server import served
from hypothesis import given
from hypothesis import strategies as st
from scene_files import FORMATS, PLACE, TYPES, WAVELENGTHS, envi_lines, write_envi, write_geotiff

from hsi.scene.arrays import Source
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster

CUBE = np.arange(5 * 7 * 4, dtype=np.int16).reshape(5, 7, 4) - 20
WHOLE = (slice(0, 5), slice(0, 7))
PLACED = ("scene.tif", "tiled.tif", "scene.img", "scene.vrt")


def opened(path: Path, **changes) -> Raster:
    arguments = {"band_axis": None, "pixels": (5, 7), "bands": (), "axis_setting": "--band-axis"}
    return open_raster(Source(path, None, "--key"), **(arguments | changes))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_scene(tmp_path, name):
    FORMATS[name](tmp_path / name, CUBE)
    raster = opened(tmp_path / name)
    assert raster.shape == (5, 7, 4)
    assert raster.dtype == np.int16
    assert np.array_equal(raster.read(*WHOLE), CUBE)
    assert np.array_equal(raster.read(slice(1, 4), slice(2, 6)), CUBE[1:4, 2:6])
    chosen = raster.select([3, 0])
    assert np.array_equal(chosen.read(slice(4, 5), slice(0, 7)), CUBE[4:, :, [3, 0]])
    if name != "scene.npy":
        assert np.allclose(raster.wavelengths, WAVELENGTHS)
        assert np.allclose(chosen.wavelengths, (850, 450))
    if name in PLACED:
        assert raster.grid.transform == PLACE
        assert raster.grid.crs.startswith("PROJCS[")
        assert raster.nodata == (-9999,)
    else:
        assert raster.grid.crs is None
        assert raster.grid.transform is None
    assert tmp_path / name in raster.files or not raster.files


@given(
    interleave=st.sampled_from(["bsq", "bil", "bip"]),
    big_endian=st.booleans(),
    kind=st.sampled_from(list(TYPES.values())),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    data=st.data(),
)
def test_envi_is_read_whatever_its_order_of_bytes_and_bands(
    interleave, big_endian, kind, shape, data
):
    cube = (np.arange(np.prod(shape)).reshape(shape) % 120).astype(kind)
    row, column = (data.draw(st.integers(0, length - 1)) for length in shape[:2])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.dat"
        if cube.nbytes == 1:
            return  # GDAL opens no ENVI file of a single byte
        write_envi(path, cube, interleave, big_endian)
        for name in (path, path.with_suffix(".hdr")):
            raster = opened(name, pixels=None)
            assert raster.shape == shape
            window = (slice(row, shape[0]), slice(0, column + 1))
            assert np.array_equal(raster.read(*window), cube[window])


def test_the_axis_of_bands_is_found_or_asked_for(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, CUBE.transpose(2, 0, 1))
    assert np.array_equal(opened(path).read(*WHOLE), CUBE), "two axes are the pixels"
    assert np.array_equal(opened(path, pixels=None, bands=(4,)).read(*WHOLE), CUBE)
    with pytest.raises(ValueError, match=r"shape \(4, 5, 7\) may be on axis 0 or 1 or 2: .*--band"):
        opened(path, pixels=None)
    assert opened(path, pixels=None, band_axis=1).shape == (4, 7, 5)
    with pytest.raises(ValueError, match=r"does not fit the \(5, 9\) pixels of what is expected$"):
        opened(path, pixels=(5, 9))
    with pytest.raises(ValueError, match=r"does not fit 3 or 9 bands$"):
        opened(path, pixels=None, bands=(9, 3))
    np.save(path, np.zeros((5, 5, 5)))
    with pytest.raises(ValueError, match="axis 0 or 1 or 2"):
        opened(path, pixels=(5, 5))


def test_a_cube_between_rows_and_columns_is_read(tmp_path):
    """PRISMA stores (rows, bands, columns)."""
    with h5py.File(tmp_path / "a.he5", "w") as file:
        file["cube"] = CUBE.transpose(0, 2, 1)
        file["wl"] = np.array(WAVELENGTHS)
    raster = opened(tmp_path / "a.he5", pixels=None)
    assert np.array_equal(raster.read(*WHOLE), CUBE)


def test_a_geotiff_on_the_network_is_the_scene_of_the_file(tmp_path):
    write_geotiff(tmp_path / "a.tif", CUBE, tiled=True, blockxsize=16, blockysize=16)
    (tmp_path / "b.tif").write_text("<html>no raster</html>", "utf-8")
    (tmp_path / "a.tif.msk").write_bytes(
        b"<VRTDataset/>"
    )  # a server's files beside it do not count
    with served(tmp_path) as address:
        raster = opened(Path(f"{address}/a.tif"))
        assert raster.name == f"{address}/a.tif"
        assert np.array_equal(raster.read(slice(1, 4), slice(2, 6)), CUBE[1:4, 2:6])
        assert np.allclose(raster.wavelengths, WAVELENGTHS)
        assert raster.grid.transform == PLACE
        for name, message in {
            "b.tif": f"{address}/b.tif cannot be read",
            "absent.tif": f"{address}/absent.tif cannot be read: .*404",
            "a.h5": f"{address}/a.h5: of scenes on the network only GeoTIFF is read",
        }.items():
            with pytest.raises(ValueError, match=message) as error:
                opened(Path(f"{address}/{name}"))
            assert len(str(error.value).splitlines()) == 1, name


def truncated(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def test_damaged_and_lying_files_are_one_line(tmp_path):
    write_envi(tmp_path / "short.img", CUBE)
    truncated(tmp_path / "short.img", 100)
    write_envi(tmp_path / "long.img", CUBE)
    with (tmp_path / "long.img").open("ab") as file:
        file.write(b"more")
    write_envi(tmp_path / "list.img", CUBE, lines=("wavelength = {1, 2, 3}",))
    write_envi(tmp_path / "word.img", CUBE, lines=("wavelength = {1, 2, 3, blue}",))
    write_envi(tmp_path / "long_word.img", CUBE, lines=(f"wavelength = {{1, 2, 3, {'b' * 999}}}",))
    write_envi(tmp_path / "alone.img", CUBE)
    (tmp_path / "alone.img").unlink()
    write_geotiff(tmp_path / "short.tif", CUBE)
    truncated(tmp_path / "short.tif", 150)
    (tmp_path / "head.tif").write_bytes(b"II*\0" + bytes(100))
    (tmp_path / "web.vrt").write_text(
        '<VRTDataset rasterXSize="7"><SourceFilename>/vsicurl/http://a.example/b.tif', "utf-8"
    )
    (tmp_path / "text.tif").write_text("no raster at all", "utf-8")
    FORMATS["scene.h5"](tmp_path / "short.h5", CUBE)
    truncated(tmp_path / "short.h5", 900)
    (tmp_path / "shape.npy").write_bytes(b"")
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["cube"] = np.zeros((0, 5, 7))
    (tmp_path / "folder.tif").mkdir()
    cases = {
        "short.img": "cannot be read: Image file is too small",
        "long.img": "its header disagree: the file has 284 bytes, .* take 280",
        "list.img": "lists 3 values of wavelength for 4 bands",
        "word.img": "wavelength should be a number, its header has 'blue'",
        "long_word.img": r"wavelength should be a number, its header has 'b{37}\.\.\.'",
        "alone.hdr": r"is an ENVI header, and its data .*alone\.img is missing",
        "short.tif": "cannot be read",
        "head.tif": "cannot be read",
        "web.vrt": "refers to files in archives or on the network",
        "text.tif": "cannot be read: it may be GeoTIFF",
        "short.h5": "cannot be read",
        "shape.npy": "cannot be read",
        "empty.h5": "is empty",
        "folder.tif": "is a folder",
        "absent.tif": "does not exist",
    }
    for name, message in cases.items():
        with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
            opened(tmp_path / name, pixels=None).read(*WHOLE)
        assert len(str(error.value).splitlines()) == 1, name
        assert name.partition(".")[0] in str(error.value)


def test_micrometres_and_lists_without_a_unit_become_nanometres(tmp_path):
    for unit, factor in (("Micrometers", 1e-3), ("Unknown", 1e-3), ("Unknown", 1.0), ("nm", 1.0)):
        write_envi(tmp_path / "a.img", CUBE, lines=envi_lines(unit, factor))
        assert np.allclose(opened(tmp_path / "a.img").wavelengths, WAVELENGTHS), (unit, factor)
