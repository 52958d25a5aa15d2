"""Arrays in HDF5, and that none of another file is read."""

import h5py
import numpy as np
import pytest

from hsi.scene.arrays import Source, find_variable, read_variable, vector
from hsi.scene.hdf5 import attributes, datasets

ARRAY = np.arange(24.0).reshape(2, 3, 4)


def test_links_to_other_files_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = ARRAY
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["away"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "x")
        layout = h5py.VirtualLayout(ARRAY.shape, ARRAY.dtype)
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", ARRAY.shape)
        file.create_virtual_dataset("virtual", layout)
    assert datasets(tmp_path / "a.h5").keys() == {"virtual"}
    with pytest.raises(ValueError, match="has no variable 'away'; it has virtual"):
        read_variable(Source(tmp_path / "a.h5", "away", "key"), 3)
    with pytest.raises(ValueError, match=r"virtual is a reference to other files"):
        read_variable(Source(tmp_path / "a.h5", None, "key"), 3)


def test_axes_of_length_one_are_left_out_at_either_end(tmp_path):
    for name, array in (("a", ARRAY[None]), ("b", ARRAY[..., None])):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["g/x"] = array
        variable = find_variable(Source(tmp_path / f"{name}.h5", None, "key"), 3)
        assert np.array_equal(variable.read(), ARRAY)
        some = variable.read_part(slice(1, 2), slice(0, 2), slice(1, 4))
        assert np.array_equal(some, ARRAY[1:2, 0:2, 1:4])


def test_text_tables_and_references_are_called_by_what_they_are(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["text"] = "corn"
        file["table"] = np.zeros(3, [("a", "i4")])
        file["z"] = np.zeros((2, 2), complex)
    kinds = {name: kind for name, (_, kind) in datasets(tmp_path / "a.h5").items()}
    assert kinds == {
        "text": "text or references", "table": "a table of records", "z": "complex numbers"
    }  # fmt: skip
    with pytest.raises(ValueError, match="should hold one numeric array of 2 axes, it has none"):
        read_variable(Source(tmp_path / "a.h5", None, "key"), 2)


def test_lists_and_attributes_are_plain_numbers(tmp_path):
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["bands/Wavelength"] = np.array([[1.0, 2.0, 3.0]], np.float32)
        file["cube"] = ARRAY
        file["cube"].attrs["units"] = "W m-2"
        file["cube"].attrs["_FillValue"] = np.float32(-1)
    assert vector(tmp_path / "a.nc", ("wavelength",), 3) == [1, 2, 3]
    assert vector(tmp_path / "a.nc", ("wavelength",), 4) is None
    assert attributes(tmp_path / "a.nc", "cube") == {"units": "W m-2", "_FillValue": -1.0}
