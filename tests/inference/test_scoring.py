"""Scores on another scene, compared with counting by hand."""

import numpy as np
import pytest
from small_classifier import classifier

from hsi.inference.scoring import classes_of_truth, score_scene
from hsi.scene.custom import Truth
from hsi.scene.raster import Raster


def labelled(raster: np.ndarray, names: dict[int, str] | None = None) -> Truth:
    return Truth(raster, raster != 0, names or {}, None, "survey.gpkg")


def test_labels_are_matched_by_name_or_number(cube, truth):
    trained = classifier(cube, truth)
    by_number, remarks = classes_of_truth(trained, labelled(np.array([[0, 2, 5, 9]])))
    assert by_number.tolist() == [[0, 1, 2, 3]]
    assert not remarks
    named = {1: "fallow", 2: "maize", 3: "wheat"}
    by_name, (remark,) = classes_of_truth(trained, labelled(np.array([[1, 2, 2, 3]]), named))
    assert by_name.tolist() == [[3, 0, 0, 1]]
    assert remark == "labels that the classifier does not know are left out: maize (2 pixels)"
    with pytest.raises(ValueError, match=r"survey\.gpkg: none .* 2, 5, 9 \(got 7 \(1 pixels\)\)"):
        classes_of_truth(trained, labelled(np.array([[7]])))


def test_the_scores_are_those_of_the_map(cube, truth):
    trained = classifier(cube, truth, "svm")
    shifted = cube[::-1].copy()
    shifted[3] = 0  # a row without data
    result, targets, probability, remarks = score_scene(
        trained, Raster.of_array(shifted), truth, None, False
    )
    classes = trained.predict(shifted).classes
    here = (truth > 0) & (classes > 0)
    assert len(targets) == here.sum() < (truth > 0).sum()
    assert result["oa"] == pytest.approx((classes == truth)[here].mean())
    assert np.array_equal(probability.argmax(1) + 1, classes[here])
    assert result["floor_oa"] == pytest.approx(np.bincount(truth[here]).max() / here.sum())
    assert result["floor_aa"] == pytest.approx(1 / 3)
    assert remarks[0].startswith("21 of 546 pixels are without data")
    with pytest.raises(ValueError, match="no labelled pixel holds data"):
        score_scene(trained, Raster.of_array(shifted), np.zeros_like(truth), None, False)
