import numpy as np
import pytest

from hsi.files import read_array, write_array
from hsi.reduction.pca import fit_pca
from hsi.reduction.projection import Projection

ALL = np.ones((26, 21), bool)


def test_it_subtracts_the_mean_and_multiplies_with_the_axes():
    projection = Projection(
        np.array([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 2.0], [3.0, 0.0]]), "none"
    )
    components = projection.apply(np.array([[[1, 2], [2, 4]]], np.uint16))
    assert components.dtype == np.float32
    assert components.tolist() == [[[0, 3]], [[0, 4]], [[0, 3]]]


def test_the_projection_survives_its_file_byte_for_byte(cube, tmp_path):
    projection, _ = fit_pca(cube, ALL, 3, "none", whiten=True)
    projection.save(tmp_path / "a.npz")
    projection.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = Projection.load(tmp_path / "a.npz")
    assert np.array_equal(loaded.apply(cube), projection.apply(cube))


def test_parts_of_a_file_give_every_row_once(cube, tmp_path, monkeypatch):
    projection, _ = fit_pca(cube, ALL, 3, "none", whiten=True)
    write_array(tmp_path / "cube.npy", cube)
    stored = read_array(tmp_path / "cube.npy", in_memory=False)
    monkeypatch.setattr("hsi.files.CHUNK", 4 * cube[0].size)
    parts = list(projection.apply_in_parts(stored, ALL))
    assert [row for rows, _ in parts for row in range(26)[rows]] == list(range(26))
    assert len(parts) == 7
    joined = np.concatenate([components for _, components in parts], axis=1)
    np.testing.assert_allclose(joined, projection.apply(cube), atol=1e-6)


def test_pixels_without_data_get_components_of_zero_whatever_they_hold(cube):
    projection, _ = fit_pca(cube, ALL, 3, "none", whiten=True)
    valid = ALL.copy()
    valid[2, 3:5] = valid[25] = False
    holed = cube.astype(np.float32)
    holed[2, 3], holed[2, 4], holed[25] = np.nan, 3e38, -9999
    ((_, found),) = projection.apply_in_parts(holed, valid)
    assert not found[:, ~valid].any()
    np.testing.assert_allclose(found[:, valid], projection.apply(cube)[:, valid], atol=1e-6)


def test_spectra_are_normalised_before_they_are_projected(cube, tmp_path):
    projection, _ = fit_pca(cube, ALL, 3, "unit", whiten=True)
    projection.save(tmp_path / "projection.npz")
    brighter = cube * np.linspace(1, 3, 21)[:, None]
    loaded = Projection.load(tmp_path / "projection.npz")
    np.testing.assert_allclose(loaded.apply(brighter), projection.apply(cube), atol=1e-5)


@pytest.mark.parametrize(
    "arrays",
    [
        {"mean": np.zeros(3)},
        {"mean": np.zeros(3), "axes": np.zeros((2, 4)), "normalise": np.array("none")},
        {"mean": np.zeros(3), "axes": np.zeros((2, 3)), "normalise": np.array("os.system")},
        {"mean": np.array([{}]), "axes": np.zeros((2, 3)), "normalise": np.array("none")},
    ],
)
def test_a_file_that_holds_no_projection_is_one_line(tmp_path, arrays):
    path = tmp_path / "projection.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"projection\.npz is broken \(.*run `dvc repro`") as error:
        Projection.load(path)
    assert len(str(error.value).splitlines()) == 1
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"projection\.npz is broken \(.*zip"):
        Projection.load(path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"projection\.npz is missing; run `dvc repro`"):
        Projection.load(path)
