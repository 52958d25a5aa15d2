import numpy as np
import pytest
from sklearn.decomposition import PCA

from hsi.reduction.pca import fit_pca

BANDS = 24
ALL = np.ones((26, 21), bool)


def test_whitened_components_have_unit_variance_and_no_correlation(cube):
    projection, explained = fit_pca(cube, ALL, 5, "none", whiten=True)
    components = projection.apply(cube).reshape(5, -1)
    assert components.dtype == np.float32
    np.testing.assert_allclose(np.cov(components), np.eye(5), atol=1e-4)
    np.testing.assert_allclose(components.mean(1), 0, atol=1e-5)
    assert 0.9 < explained["explained_variance"] <= 1


@pytest.mark.parametrize("offset", [0.0, 1e5])
@pytest.mark.parametrize("whiten", [False, True])
def test_it_is_scikit_learns_pca(cube, whiten, offset):
    scene = cube + offset
    projection, explained = fit_pca(scene, ALL, 4, "none", whiten=whiten)
    reference = PCA(4, svd_solver="full", whiten=whiten).fit(scene.reshape(-1, BANDS))
    share = reference.explained_variance_ratio_.sum()
    assert explained["explained_variance"] == pytest.approx(share, rel=1e-6)
    np.testing.assert_allclose(projection.mean, reference.mean_, rtol=1e-12)
    scale = np.sqrt(reference.explained_variance_)[:, None] if whiten else 1
    for ours, theirs in zip(projection.axes * scale, reference.components_, strict=True):
        np.testing.assert_allclose(np.sign(ours @ theirs) * ours, theirs, atol=1e-6)


def test_a_scene_in_a_file_read_in_parts_gives_the_same_axes(cube, tmp_path, monkeypatch):
    whole, explained = fit_pca(cube, ALL, 5, "none", whiten=True)
    np.save(tmp_path / "cube.npy", cube)
    stored = np.load(tmp_path / "cube.npy", mmap_mode="r")
    monkeypatch.setattr("hsi.files.CHUNK", 3 * cube[0].size)
    in_parts, same = fit_pca(stored, ALL, 5, "none", whiten=True)
    np.testing.assert_allclose(in_parts.axes, whole.axes, atol=1e-9)
    assert same == pytest.approx(explained, rel=1e-9)


def test_the_sign_of_each_axis_does_not_depend_on_the_order_of_pixels(cube):
    first, _ = fit_pca(cube, ALL, 3, "none", whiten=True)
    second, _ = fit_pca(cube[::-1, ::-1], ALL, 3, "none", whiten=True)
    np.testing.assert_allclose(first.axes, second.axes, atol=1e-8)
    for axis in first.axes:
        assert axis[np.abs(axis).argmax()] > 0


def test_only_the_chosen_pixels_are_seen(cube):
    chosen = np.zeros((26, 21), bool)
    chosen[:13] = True
    changed = cube.copy()
    changed[13:] = 0
    first, _ = fit_pca(cube, chosen, 3, "none", whiten=True)
    second, _ = fit_pca(changed, chosen, 3, "none", whiten=True)
    assert np.array_equal(first.axes, second.axes)


def test_too_many_components_are_refused_with_the_reason(cube):
    with pytest.raises(ValueError, match=r"reduce\.components=25 exceeds the 24 bands"):
        fit_pca(cube, ALL, 25, "none", whiten=True)
    few = np.zeros((26, 21), bool)
    few[0, :5] = True
    with pytest.raises(ValueError, match=r"more than the 5 pixels.*reduce\.fit_on=scene"):
        fit_pca(cube, few, 5, "none", whiten=True)
    repeated = np.concatenate([cube[..., :4]] * 3, axis=2)
    with pytest.raises(ValueError, match="exceeds the 4 independent bands"):
        fit_pca(repeated, ALL, 6, "none", whiten=True)
