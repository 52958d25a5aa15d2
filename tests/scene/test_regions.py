import numpy as np

from hsi.scene.regions import regions_of


def test_touching_pixels_of_one_class_are_one_region():
    truth = np.array([[1, 0, 2, 2], [0, 1, 0, 0], [0, 0, 0, 1], [2, 2, 0, 1]], np.int32)
    assert regions_of(truth).tolist() == [[1, 0, 3, 3], [0, 1, 0, 0], [0, 0, 0, 2], [4, 4, 0, 2]]


def test_a_scene_without_labels_has_no_region():
    assert not regions_of(np.zeros((2, 3), np.int32)).any()
