import io
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from hsi.scene.arrays import Source, find_variable, vector
from hsi.scene.arrays import read_variable as read_source

RASTER = np.arange(12, dtype=np.uint16).reshape(3, 4)


def read_variable(path: Path, key: str | None, axes: int, setting: str = "a_key") -> np.ndarray:
    return read_source(Source(path, key, setting), axes)


def test_the_only_array_that_fits_is_found_without_its_name(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"gt": RASTER, "cube": np.ones((3, 4, 5)), "about": "x"})
    assert np.array_equal(read_variable(tmp_path / "a.mat", None, 2), RASTER)
    assert read_variable(tmp_path / "a.mat", None, 3).shape == (3, 4, 5)


def test_a_key_chooses_among_arrays_that_fit(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"first": RASTER, "second": RASTER + 1})
    assert np.array_equal(read_variable(tmp_path / "a.mat", "second", 2), RASTER + 1)
    with pytest.raises(ValueError, match=r"it has 2: first \(3, 4\); .*name one: split\.key"):
        read_variable(tmp_path / "a.mat", None, 2, "split.key")


def test_an_npy_file_stays_on_the_disk_and_needs_no_key(tmp_path):
    np.save(tmp_path / "a.npy", RASTER)
    for key in (None, "anything"):
        found = read_variable(tmp_path / "a.npy", key, 2)
        assert isinstance(found, np.memmap)
        assert not isinstance(found.base, np.memmap), "all of the file, not a view of it"
        assert np.array_equal(found, RASTER)


@pytest.mark.parametrize("ending", ["mat", "MAT", "Mat", "npy", "NPY"])
def test_endings_may_be_capital(tmp_path, ending):
    path = tmp_path / f"gt.{ending}"
    with path.open("wb") as file:
        if ending.lower() == "mat":
            scipy.io.savemat(file, {"gt": RASTER})
        else:
            np.save(file, RASTER)
    assert np.array_equal(read_variable(path, None, 2), RASTER)


@pytest.mark.parametrize("shape", [(1, 3, 4), (3, 4, 1)])
@pytest.mark.parametrize("ending", ["mat", "npy"])
def test_a_raster_may_have_a_further_axis_of_length_one(tmp_path, shape, ending):
    path = tmp_path / f"gt.{ending}"
    if ending == "mat":  # MATLAB itself drops a last axis of length 1
        scipy.io.savemat(path, {"gt": RASTER.reshape(shape)})
    else:
        np.save(path, RASTER.reshape(shape))
    assert find_variable(Source(path, None, "key"), 2).shape == (3, 4)
    assert np.array_equal(read_variable(path, None, 2), RASTER)


def test_an_array_of_the_right_axes_goes_before_one_with_a_further_axis(tmp_path):
    """A spectral library: one row of 5 pixels with 7 bands, and a label of each."""
    scipy.io.savemat(tmp_path / "a.mat", {"cube": np.ones((1, 5, 7)), "gt": np.ones((1, 5))})
    assert read_variable(tmp_path / "a.mat", None, 2).shape == (1, 5)
    assert read_variable(tmp_path / "a.mat", None, 3).shape == (1, 5, 7)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (scipy.sparse.csc_matrix(RASTER.astype(float)), r"gt is a sparse matrix; save full\(...\)"),
        ({"labels": RASTER}, "gt is a struct; save its field as a variable of its own"),
        (np.array([RASTER, None], dtype=object)[:1], "gt is a cell array; save the array inside"),
        (np.array([["corn"] * 4] * 3), "gt is text"),
        (RASTER + 0j, "gt holds complex numbers"),
        (RASTER.reshape(-1, 2, 3, 2), r"gt \(1, 2, 3, 2\)"),
    ],
)
@pytest.mark.parametrize("key", [None, "gt"])
def test_what_is_no_raster_is_called_by_what_it_is(tmp_path, value, what, key):
    scipy.io.savemat(tmp_path / "gt.mat", {"gt": value})
    with pytest.raises(ValueError, match=rf"gt\.mat:? .*{what}") as error:
        read_variable(tmp_path / "gt.mat", key, 2)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.array([["corn"]]), r"it has none: is text"),
        (np.zeros((3, 4), [("a", "i4")]), r"is a table of records"),
        (np.zeros((3, 4), complex), r"is of complex numbers"),
        (np.zeros((3, 4), "datetime64[s]"), r"is datetime64"),
    ],
)
def test_an_npy_of_no_numbers_is_called_by_what_it_is(tmp_path, array, what):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ValueError, match=rf"a\.npy should hold one numeric array .*{what}"):
        read_variable(tmp_path / "a.npy", None, 2)


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, RASTER)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + bytes(400), "cannot be read"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "cannot be read"),
        (bytes(512) + b"\x89HDF\r\n\x1a\n" + bytes(99), "cannot be read"),
        (b"CDF\x01" + bytes(99), r"is classic netCDF; .*nccopy -k nc4"),
        (b"# Created by Octave 8.4.0\n# name: gt\n", "is text of Octave; save it with `save -v7`"),
        (npz(), r"is a zip archive \(\.npz\); save the array itself"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "is a pointer of Git LFS; .*git lfs pull",
        ),
        (b"\n<!DOCTYPE html><html>", "is a web page or XML; download the file itself"),
        (b"", "cannot be read"),
        (b"not a scene at all, but long enough to be looked at" * 9, "cannot be read"),
    ],
)
@pytest.mark.parametrize("ending", ["mat", "npy"])
def test_a_file_that_only_has_the_name_of_a_format_is_called_by_what_it_is(
    tmp_path, content, what, ending
):
    path = tmp_path / f"scene.{ending}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"scene\.{ending} {what}") as error:
        read_variable(path, None, 3)
    assert len(str(error.value).splitlines()) == 1


def test_the_shape_is_known_before_values_are_read(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "a.mat", {"zeros": np.zeros((100, 200))}, do_compression=True)
    monkeypatch.setattr(scipy.io, "loadmat", None)
    assert find_variable(Source(tmp_path / "a.mat", None, "key"), 2).shape == (100, 200)


def test_other_file_formats_are_refused(tmp_path):
    (tmp_path / "scene.tif").write_bytes(b"II*\0")
    with pytest.raises(ValueError, match=r"scene\.tif cannot be read: it may be \.mat, \.npy"):
        read_variable(tmp_path / "scene.tif", None, 3)


class Trap:
    """Unpickling it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_pickle_in_a_file_is_refused_and_not_executed(tmp_path):
    bomb = np.array([Trap(tmp_path / "executed")], object)
    np.save(tmp_path / "bomb.npy", bomb, allow_pickle=True)
    with pytest.raises(ValueError, match=r"bomb\.npy cannot be read: .*[Oo]bject"):
        read_variable(tmp_path / "bomb.npy", None, 1)
    assert not (tmp_path / "executed").exists()


def test_a_name_of_several_lines_is_one_line_of_an_error(tmp_path):
    name, path = "a\nb" + 60 * "c", tmp_path / "a.mat"
    # MATLAB's version 4: kind, rows, columns, whether complex, length of the name.
    head = np.array([0, 2**20, 2**20, 0, len(name) + 1], "<i4").tobytes()
    path.write_bytes(head + name.encode() + b"\0")
    with pytest.raises(
        ValueError, match=r"its array a bc+\.\.\. of shape .* would take"
    ) as refused:
        read_source(Source(path, None, "scene.custom.cube_key"), 2)
    assert "\n" not in str(refused.value)


def test_a_list_of_numbers_may_hold_a_signalling_nan(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["wavelengths"] = np.array([0x7F800001, 0x3F800000], np.uint32).view(np.float32)
    found = vector(tmp_path / "a.h5", ("wavelengths",), 2)
    assert np.array_equal(found, [np.nan, 1], equal_nan=True)
