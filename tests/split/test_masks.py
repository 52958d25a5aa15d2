from dataclasses import replace

import numpy as np
import pytest
import scipy.io
from examples import request, scene_info

from hsi.cube.pixels import TEST, TRAIN, VALIDATION
from hsi.split.masks import mask_split, split_of_masks
from hsi.split.report import relabelled
from hsi.split.request import Request

LABELS = (2, 5, 9)  # what the file's own labels of classes 1, 2, 3 are


def asked(truth: np.ndarray) -> Request:
    return request(truth, info=scene_info(labels=LABELS, unlabelled=(255,)))


def sides_of_masks(wanted: Request, masks: dict[str, np.ndarray]) -> np.ndarray:
    split = split_of_masks(wanted, masks, "refuse")
    assert not split.owner.any()
    assert np.array_equal(split.truth, wanted.truth)
    return split.sides


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
        "labels": "refuse",
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
    split = mask_split(wanted, train, None, None, None, test, None, "refuse")
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
            r"train: has 1 pixels without a label in the truth \(the first is at row 0, column 0",
        ),
        (
            "label",
            r"train: has 0 pixels without .* and \d+ labels that are not the truth's; "
            r"split\.file\.labels=mask takes .* set scene.custom.truth to null \(the first \(4.0\)",
        ),
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


def disagreeing_masks(truth):
    """Masks of labels; training labels 2 pixels that the truth does not, and 3 otherwise."""
    masks = {side: np.array([0, *LABELS])[truth] * mask for side, mask in own_masks(truth).items()}
    beyond = np.argwhere(truth == 0)[:2]
    other = np.argwhere((masks["train"] > 0) & (truth == 1))[:3]
    masks["train"][tuple(beyond.T)] = 9
    masks["train"][tuple(other.T)] = 5
    return masks, beyond, other


def test_labels_of_masks_that_are_not_the_truths_are_refused_with_both_counts(truth):
    masks, _, _ = disagreeing_masks(truth)
    with pytest.raises(
        ValueError,
        match=r"split\.file\.train: has 2 pixels without a label in the truth and 3 labels that "
        r"are not the truth's; split\.file\.labels=mask takes these 5 labels from the mask",
    ):
        split_of_masks(asked(truth), masks, "refuse")


def test_labels_of_masks_may_be_taken_instead_of_the_truths(truth):
    masks, beyond, other = disagreeing_masks(truth)
    wanted = asked(truth)
    split = split_of_masks(wanted, masks, "mask")
    expected = truth.copy()
    expected[tuple(beyond.T)] = 3
    expected[tuple(other.T)] = 2
    assert np.array_equal(split.truth, expected)
    assert np.array_equal(wanted.truth, truth), "the truth of the scene stays as it is"
    assert np.array_equal(split.sides == TRAIN, masks["train"] > 0)
    assert relabelled(split, truth) == {"labels_added": 2, "labels_changed": 3}
    masks["train"][tuple(beyond[0])] = 77
    with pytest.raises(ValueError, match=r"has 1 labels that are no class of the truth .* \(77\)"):
        split_of_masks(wanted, masks, "mask")


def test_a_mask_without_labels_cannot_label_what_the_truth_does_not(truth):
    masks = own_masks(truth)
    split = split_of_masks(asked(truth), masks, "mask")
    assert np.array_equal(split.truth, truth)
    masks["test"][tuple(np.argwhere(truth == 0)[0])] = True
    with pytest.raises(ValueError, match="test: has 1 pixels without a label in the truth"):
        split_of_masks(asked(truth), masks, "mask")


def test_a_mask_may_give_the_training_pixels_of_a_class_their_label(truth):
    """The classes of training pixels are those of the masks, where these differ."""
    masks, _, _ = disagreeing_masks(truth)
    masks["train"][masks["train"] == 2] = 5
    with pytest.raises(ValueError, match="train: has no pixel of label 2"):
        split_of_masks(asked(truth), masks, "mask")
