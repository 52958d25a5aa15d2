from dataclasses import asdict

import numpy as np
import pytest
from examples import scene_info

from hsi.files import write_array, write_json
from hsi.scene.info import Scene, SceneInfo, load_cube, load_regions, load_truth, load_valid

INFO = scene_info(
    labels=(2, 5, 9), unlabelled=(255, 0), nodata=(-9999, 0.5), wavelengths=(400.0, 410.5)
)


def test_labels_become_classes_from_one_and_go_back():
    labels = np.array([[255, 2, 9], [5, 255, 2]], np.uint8)
    classes = INFO.to_classes(labels)
    assert classes.tolist() == [[0, 1, 3], [2, 0, 1]]
    assert np.array_equal(INFO.to_labels(classes), labels)


def test_a_label_that_is_no_class_becomes_unlabelled():
    assert INFO.to_classes(np.array([[7.0, 2.0, np.nan, 0.0]])).tolist() == [[0, 1, 0, 0]]


def test_a_scene_file_that_is_cut_short_is_named(tmp_path):
    (tmp_path / "scene.json").write_text('{"name": "cus', encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"scene\.json is broken .*; delete it and run `dvc repro`"
    ):
        SceneInfo.load(tmp_path)


@pytest.mark.parametrize(
    ("labels", "unlabelled", "dtype"),
    [
        ((1, 2), 0, np.int32),
        ((-3, 2**31 - 1), -(2**31), np.int32),
        ((1, 2), 4294967295, np.int64),
        ((3_000_000_001, 2**40), 0, np.int64),
        ((-(2**63), 2**63 - 1), 0, np.int64),
        ((1, 2), -3.4028234663852886e38, np.float64),
        ((1, 2), 0.5, np.float64),
        ((1, 2), 2**64 - 1, np.uint64),
    ],
)
def test_labels_of_any_size_come_back_as_they_were(labels, unlabelled, dtype):
    info = scene_info(("a", "b"), labels, unlabelled=(unlabelled,))
    back = info.to_labels(np.array([[0, 1, 2]], np.int32))
    assert back.dtype == dtype
    assert back.tolist() == [[unlabelled, *labels]]
    assert info.to_classes(back).tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("wavelengths", [None, (400.0, 410.5)])
def test_a_scene_survives_its_folder(tmp_path, wavelengths):
    info = SceneInfo(**(asdict(INFO) | {"wavelengths": wavelengths}))
    cube = np.arange(12, dtype=np.uint16).reshape(2, 3, 2)
    truth = np.array([[0, 1, 3], [2, 0, 1]], np.int32)
    valid = truth < 3
    regions = np.array([[0, 1, 4], [2, 0, 1]], np.int32)
    write_array(tmp_path / "raw/cube.npy", cube)
    Scene(valid, truth, regions, info, {"in_file": 2}).save(tmp_path / "raw")
    assert SceneInfo.load(tmp_path / "raw") == info
    loaded = load_cube(tmp_path / "raw")
    assert isinstance(loaded, np.memmap), "a large cube stays on the disk"
    assert loaded.dtype == np.uint16
    assert np.array_equal(loaded, cube)
    assert np.array_equal(load_truth(tmp_path / "raw"), truth)
    assert np.array_equal(load_regions(tmp_path / "raw"), regions)
    assert np.array_equal(load_valid(tmp_path / "raw"), valid)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "unexpected keyword argument 'colour'"),
        ({"labels": ["x"]}, "labels"),
        ({"class_names": None}, "class_names"),
        ({"transform": [1, 2]}, "transform"),
    ],
)
def test_a_file_that_does_not_hold_a_scene_is_one_line(tmp_path, change, message):
    content = asdict(scene_info()) | change
    write_json(tmp_path / "scene.json", content)
    with pytest.raises(ValueError, match=rf"scene\.json is broken \(.*{message}") as error:
        SceneInfo.load(tmp_path)
    assert len(str(error.value).splitlines()) == 1
