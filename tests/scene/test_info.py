from dataclasses import asdict

import numpy as np
import pytest

from hsi.scene.info import Scene, SceneInfo, load_cube, load_truth

INFO = SceneInfo(
    name="custom",
    labels=(2, 5, 9),
    unlabelled=255,
    class_names=("wheat", "class 5", "fallow"),
    sensor="AVIRIS",
    wavelengths=(400.0, 410.5),
    false_colour=(1, 0, 0),
    citation="",
    licence="CC0",
)


def test_labels_become_classes_from_one_and_go_back():
    labels = np.array([[255, 2, 9], [5, 255, 2]], np.uint8)
    classes = INFO.to_classes(labels)
    assert classes.tolist() == [[0, 1, 3], [2, 0, 1]]
    assert np.array_equal(INFO.to_labels(classes), labels)


def test_a_label_that_is_no_class_becomes_unlabelled():
    assert INFO.to_classes(np.array([[7.0, 2.0]])).tolist() == [[0, 1]]


@pytest.mark.parametrize("wavelengths", [None, (400.0, 410.5)])
def test_a_scene_survives_its_folder(tmp_path, wavelengths):
    info = SceneInfo(**(asdict(INFO) | {"wavelengths": wavelengths}))
    cube = np.arange(12, dtype=np.uint16).reshape(2, 3, 2)
    truth = np.array([[0, 1, 3], [2, 0, 1]], np.int32)
    Scene(cube, truth, info).save(tmp_path / "raw")
    assert SceneInfo.load(tmp_path / "raw") == info
    loaded = load_cube(tmp_path / "raw")
    assert isinstance(loaded, np.memmap), "a large cube stays on the disk"
    assert loaded.dtype == np.uint16
    assert np.array_equal(loaded, cube)
    assert np.array_equal(load_truth(tmp_path / "raw"), truth)
