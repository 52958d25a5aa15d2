from pathlib import Path

import numpy as np
import pytest
import scipy.io

from hsi.scene.custom import read_custom
from hsi.scene.info import Scene, SceneInfo, load_truth


def own(cube: Path, truth: Path, **changes) -> Scene:
    arguments = {
        "cube": cube,
        "cube_key": None,
        "truth": truth,
        "truth_key": None,
        "unlabelled": 255,
        "class_names": None,
    }
    return read_custom(**(arguments | changes))


def test_own_labels_become_classes_from_one_and_go_back(own_files, truth, tmp_path):
    scene = own(*own_files, class_names={9: "roof"})
    assert scene.info.labels == (2, 5, 9)
    assert scene.info.class_names == ("class 2", "class 5", "roof")
    scene.save(tmp_path / "raw")
    loaded = load_truth(tmp_path / "raw")
    assert np.array_equal(loaded, truth)
    original = scipy.io.loadmat(own_files[1])["plots"]
    assert np.array_equal(SceneInfo.load(tmp_path / "raw").to_labels(loaded), original)


def test_the_cube_is_kept_as_distributed(own_files, cube):
    values = own(*own_files).cube
    assert values.dtype == cube.dtype
    assert np.array_equal(values, cube)


def test_the_bands_shown_as_colours_are_among_those_of_the_cube(tmp_path):
    np.save(tmp_path / "c.npy", np.ones((1, 2, 1)))
    np.save(tmp_path / "t.npy", np.array([[1, 2]]))
    info = own(tmp_path / "c.npy", tmp_path / "t.npy").info
    assert info.false_colour == (0, 0, 0)


def test_labels_may_be_negative_or_stored_as_floats(own_files, tmp_path, truth):
    np.save(tmp_path / "t.npy", truth.astype(float) - 1)
    scene = own(own_files[0], tmp_path / "t.npy", unlabelled=-1)
    assert scene.info.labels == (0, 1, 2)
    assert np.array_equal(scene.truth, truth)


def save(path: Path, **variables: object) -> Path:
    if path.suffix == ".npy":
        np.save(path, variables["array"], allow_pickle=True)
    else:
        scipy.io.savemat(path, variables)
    return path


def test_bad_files_get_one_line_that_names_them(own_files, tmp_path, cube, truth):
    good_cube, good_truth = own_files
    nan = cube.astype(float)
    nan[3, 4, 5] = np.nan
    truncated = tmp_path / "short.mat"
    truncated.write_bytes(good_cube.read_bytes()[:4000])
    empty = tmp_path / "empty.mat"
    empty.touch()
    text = tmp_path / "cube.mat"
    text.write_text("not a scene at all, but long enough to be looked at" * 9)
    hdf5 = tmp_path / "seven.mat"
    hdf5.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    short = tmp_path / "short.npy"
    np.save(short, cube)
    short.write_bytes(short.read_bytes()[:500])
    cases = [
        (tmp_path / "absent.mat", good_truth, {}, r"absent\.mat does not exist"),
        (truncated, good_truth, {}, r"short\.mat cannot be read"),
        (empty, good_truth, {}, r"empty\.mat cannot be read"),
        (text, good_truth, {}, r"cube\.mat cannot be read"),
        (hdf5, good_truth, {}, r"seven\.mat is MATLAB v7\.3.*-v7"),
        (short, good_truth, {}, r"short\.npy cannot be read"),
        (tmp_path / "scene.tif", good_truth, {}, r"scene\.tif does not exist"),
        (
            good_cube,
            good_truth,
            {"cube_key": "cube"},
            r"no variable 'cube'; it has radiance, about",
        ),
        (good_truth, good_truth, {}, r"survey\.mat should hold one numeric array of 3 axes"),
        (save(tmp_path / "two.mat", a=cube, b=cube), good_truth, {}, r"it has 2 \(a .*name one in"),
        (save(tmp_path / "nan.mat", a=nan), good_truth, {}, r"row 3, column 4, band 5"),
        (good_cube, save(tmp_path / "turned.mat", a=truth.T), {}, r"\(21, 26\) pixels do not fit"),
        (good_cube, save(tmp_path / "half.mat", a=truth + 0.5), {}, "labels should be whole"),
        (good_cube, save(tmp_path / "one.mat", a=(truth > 0) * 1), {"unlabelled": 0}, "2 classes"),
        (good_cube, good_truth, {"class_names": {7: "x"}}, "label 7; its labels are 2, 5, 9"),
        (good_cube, good_truth, {"class_names": {2: "x", 5: "x"}}, "x is given twice"),
        (save(tmp_path / "objects.npy", array=np.array([{}], object)), good_truth, {}, "objects"),
    ]
    for cube_path, truth_path, changes, message in cases:
        with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
            own(cube_path, truth_path, **changes)
        assert len(str(error.value).splitlines()) == 1, message
