from dataclasses import replace

import numpy as np
import pytest
import scipy.io
from examples import request, scene_info

from hsi.cube.pixels import TEST, TRAIN, VALIDATION
from hsi.split.masks import mask_split, sides_of_masks
from hsi.split.request import Request

LABELS = (2, 5, 9)  # what the file's own labels of classes 1, 2, 3 are


def asked(truth: np.ndarray) -> Request:
    return request(truth, info=scene_info(labels=LABELS, unlabelled=(255,)))


def own_masks(truth):
    """A third of each class for training, a third for test, the rest for nobody."""
    order = np.cumsum(truth > 0).reshape(truth.shape) % 3
    return {"train": (truth > 0) & (order == 0), "test": (truth > 0) & (order == 1)}


@pytest.mark.parametrize("labelled", [False, True])
def test_masks_of_a_file_say_who_is_on_which_side(truth, labelled):
    masks = own_masks(truth)
    labels = np.array([0, *LABELS])[truth]
    given = {side: labels * mask if labelled else mask for side, mask in masks.items()}
    sides = sides_of_masks(asked(truth), given)
    assert np.array_equal(sides == TRAIN, masks["train"])
    assert np.array_equal(sides == TEST, masks["test"])


def test_masks_are_read_from_npy_and_mat_files(truth, tmp_path):
    masks = own_masks(truth)
    held = (truth > 0) & ~masks["train"] & ~masks["test"]
    np.save(tmp_path / "train.npy", masks["train"].astype(np.uint8))
    scipy.io.savemat(tmp_path / "other.mat", {"held": held * 1, "tested": masks["test"] * 1})
    wanted = asked(truth)
    files = {
        "train": tmp_path / "train.npy",
        "train_key": None,
        "test": tmp_path / "other.mat",
        "test_key": "tested",
    }
    split = mask_split(wanted, validation=None, validation_key=None, **files)
    assert not split.owner.any()
    assert np.array_equal(split.sides == TRAIN, masks["train"])
    assert not (split.sides == VALIDATION).any()
    more = mask_split(wanted, validation=tmp_path / "other.mat", validation_key="held", **files)
    assert np.array_equal(more.sides == VALIDATION, held)
    assert np.array_equal(more.sides == TEST, masks["test"])
    with pytest.raises(ValueError, match=r"name one: split\.file\.test_key"):
        mask_split(wanted, validation=None, validation_key=None, **(files | {"test_key": None}))


def test_a_mask_of_booleans_is_read(truth, tmp_path):
    wanted = asked(truth)
    masks = own_masks(truth)
    for side, mask in masks.items():
        np.save(tmp_path / f"{side}.npy", mask)
    train, test = tmp_path / "train.npy", tmp_path / "test.npy"
    split = mask_split(wanted, train, None, None, None, test, None)
    assert np.array_equal(split.sides == TRAIN, masks["train"])


def spoilt(what, truth):
    masks = {side: mask.astype(float) for side, mask in own_masks(truth).items()}
    there = np.argwhere(masks["train"])[0]
    if what == "shape":
        masks["test"] = masks["test"][1:]
    elif what == "empty":
        masks["test"][:] = 0
    elif what == "overlap":
        masks["test"][tuple(there)] = 1
    elif what == "unlabelled":
        masks["train"][tuple(np.argwhere(truth == 0)[0])] = 1
    elif what == "label":
        masks["train"][tuple(there)] = 4
    elif what == "class":
        masks["train"][truth == 2] = 0
    return masks


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("shape", r"split.file.test: should be \(26, 21\) like the truth, it is \(25, 21\)"),
        ("empty", r"split.file.test: has no pixel"),
        ("overlap", r"split.file.test: shares 1 pixels with another side \(the first is at row 1"),
        (
            "unlabelled",
            r"train: has 1 pixels without a label.*set scene.custom.truth to null.*row 0, column 0",
        ),
        ("label", r"split.file.train: has \d+ labels that are not the truth's \(the first \(4.0\)"),
        ("class", r"split.file.train: has no pixel of label 5"),
    ],
)
def test_masks_that_cannot_be_are_refused_by_name(truth, what, message):
    with pytest.raises(ValueError, match=message):
        sides_of_masks(asked(truth), spoilt(what, truth))


@pytest.mark.parametrize("none", [0, 255, np.nan])
def test_a_mask_of_labels_may_hold_what_the_truth_has_for_none(truth, none):
    labels = np.array([0, *LABELS])[truth].astype(float)
    masks = own_masks(truth)
    given = {side: np.where(mask, labels, none) for side, mask in masks.items()}
    assert np.array_equal(sides_of_masks(asked(truth), given) == TRAIN, masks["train"])


def test_masks_do_not_count_where_there_is_no_data(truth):
    masks = own_masks(truth)
    valid = np.ones(truth.shape, bool)
    valid[:4] = False
    without = replace(asked(np.where(valid, truth, 0)), valid=valid)
    sides = sides_of_masks(without, masks)
    assert np.array_equal(sides == TRAIN, masks["train"] & valid)
