from pathlib import Path

import numpy as np
import pytest
import scipy.io

from hsi.scene.raster import read_variable

RASTER = np.arange(12, dtype=np.uint16).reshape(3, 4)


def test_the_only_array_that_fits_is_found_without_its_name(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"gt": RASTER, "cube": np.ones((3, 4, 5)), "about": "x"})
    assert np.array_equal(read_variable(tmp_path / "a.mat", None, (2,), "gt_key"), RASTER)
    assert read_variable(tmp_path / "a.mat", None, (3,), "cube_key").shape == (3, 4, 5)


def test_a_key_chooses_among_arrays_that_fit(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"first": RASTER, "second": RASTER + 1})
    assert np.array_equal(read_variable(tmp_path / "a.mat", "second", (2,), "key"), RASTER + 1)
    with pytest.raises(ValueError, match=r"it has 2 \(first \(3, 4\), .*params\.yaml: split\.key"):
        read_variable(tmp_path / "a.mat", None, (2,), "split.key")


def test_an_npy_file_stays_on_the_disk_and_needs_no_key(tmp_path):
    np.save(tmp_path / "a.npy", RASTER)
    for key in (None, "anything"):
        found = read_variable(tmp_path / "a.npy", key, (2,), "key")
        assert isinstance(found, np.memmap)
        assert np.array_equal(found, RASTER)


def test_other_file_formats_are_refused(tmp_path):
    (tmp_path / "scene.tif").write_bytes(b"II*\0")
    with pytest.raises(ValueError, match=r"scene\.tif cannot be read: only \.mat and \.npy"):
        read_variable(tmp_path / "scene.tif", None, (3,), "key")


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
        read_variable(tmp_path / "bomb.npy", None, (1,), "key")
    assert not (tmp_path / "executed").exists()
