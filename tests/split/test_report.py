import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsi.blocks import block_split
from hsi.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.split import file_split, leak, matched_split, nearest, random_split, report

NAMES = ("a", "b", "c")


@given(
    seed=st.integers(0, 2**32 - 1),
    train=st.one_of(st.floats(0.01, 0.5), st.integers(1, 5)),
    validation=st.one_of(st.floats(0, 0.3), st.integers(0, 5)),
)
def test_every_class_trains_and_tests_and_no_pixel_is_on_two_sides(truth, seed, train, validation):
    sides = random_split(truth, NAMES, train, validation, seed)
    assert np.array_equal(sides > 0, truth > 0)
    for number in (1, 2, 3):
        own = sides[truth == number]
        wanted = train if train >= 1 else max(1, round(train * own.size))
        assert (own == TRAIN).sum() == wanted
        assert (own == TEST).sum() >= 1
        assert ((own == VALIDATION).sum() > 0) == (validation > 0)


def test_the_seed_decides_the_draw(truth):
    first = random_split(truth, NAMES, 0.1, 0, 1)
    assert np.array_equal(first, random_split(truth, NAMES, 0.1, 0, 1))
    assert not np.array_equal(first, random_split(truth, NAMES, 0.1, 0, 2))


def test_a_class_with_one_pixel_is_named():
    truth = np.array([[1, 1, 1, 2, 0]], np.int32)
    with pytest.raises(ValueError, match=r"class 'oats' has 1 labelled pixels.*leave none to test"):
        random_split(truth, ("hay", "oats"), 0.1, 0, 0)


def test_more_pixels_than_a_class_has_are_refused(truth):
    with pytest.raises(ValueError, match=r"class 'a'.*split.train=5000"):
        random_split(truth, NAMES, 5000, 0, 0)


def table(*rows: tuple[int, int, int, int]) -> Pixels:
    return Pixels(*np.array(rows).T)


def test_floor_copies_the_nearest_training_label():
    pixels = table(
        (0, 0, 0, TRAIN), (0, 9, 1, TRAIN), (0, 1, 0, TEST), (0, 8, 1, TEST), (0, 2, 1, TEST)
    )
    floor, distance = nearest(pixels, ("a", "b"))
    assert floor == {
        "oa": pytest.approx(2 / 3),
        "aa": pytest.approx((1 + 1 / 2) / 2),
        "kappa": pytest.approx(0.4),
    }
    assert distance == {"least": 1, "median": 1, "largest": 2}


def test_leak_counts_test_pixels_within_half_a_window_in_both_axes():
    pixels = table((5, 5, 0, TRAIN), (7, 7, 0, TEST), (8, 5, 0, TEST), (5, 3, 0, TEST))
    shared = np.zeros((20, 20), np.uint8)
    assert leak(pixels, shared, 5)[0] == pytest.approx(2 / 3)
    assert leak(pixels, shared, 7)[0] == 1
    assert leak(pixels, shared, 1) == (0, 0)


def test_shared_pixels_are_those_that_both_sides_see():
    pixels = table((5, 5, 0, TRAIN), (5, 8, 0, TEST))
    owner = np.zeros((20, 20), np.uint8)
    assert leak(pixels, owner, 5) == (0, 5 * 2)  # columns 3 to 7 against 6 to 10
    owner[:, 7:] = TEST  # training no longer sees column 7; test still sees 6
    assert leak(pixels, owner, 5) == (0, 5)
    owner[:, :7] = TRAIN
    assert leak(pixels, owner, 5) == (0, 0)
    assert leak(pixels, owner, 9) == (0, 0)


def test_report_counts_each_side_of_each_class(truth):
    pixels = Pixels.of_truth(truth, random_split(truth, NAMES, 7, 3, 0))
    content = report(pixels, np.zeros(truth.shape, np.uint8), NAMES, 9)
    assert (content["train"], content["validation"]) == (21, 9)
    assert content["per_class"]["b"]["train"] == 7
    assert sum(each["test"] for each in content["per_class"].values()) == content["test"]


def test_a_matched_split_has_as_many_of_each_class_on_each_side(truth):
    blocks, _ = block_split(truth, NAMES, 0.1, 0.1, 5, 0)
    sides = matched_split(truth, blocks, 0)
    for number in (1, 2, 3):
        of_class = truth == number
        assert np.array_equal(np.bincount(blocks[of_class]), np.bincount(sides[of_class]))
    assert not np.array_equal(blocks, sides)
    assert not np.array_equal(sides, matched_split(truth, blocks, 1))
    assert (sides[truth == 0] == 0).all()


LABELLED = (2, 5, 9)  # what the file's own labels of classes 1, 2, 3 are


def own_masks(truth):
    """A third of each class for training, a third for test, the rest for nobody."""
    order = np.cumsum(truth > 0).reshape(truth.shape) % 3
    return {"train": (truth > 0) & (order == 0), "test": (truth > 0) & (order == 1)}


@pytest.mark.parametrize("labelled", [False, True])
def test_masks_of_a_file_say_who_is_on_which_side(truth, labelled):
    masks = own_masks(truth)
    labels = np.array([0, *LABELLED])[truth]
    given = {side: labels * mask if labelled else mask for side, mask in masks.items()}
    sides = file_split(truth, LABELLED, given)
    assert np.array_equal(sides == TRAIN, masks["train"])
    assert np.array_equal(sides == TEST, masks["test"])


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
    elif what == "nan":
        masks["train"][tuple(there)] = np.nan
    elif what == "class":
        masks["train"][truth == 2] = 0
    return masks


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("shape", r"split.file.test: should be \(26, 21\) like the truth, it is \(25, 21\)"),
        ("empty", r"split.file.test: has no pixel"),
        ("overlap", r"split.file.test: shares 1 pixels with another side; the first is at row 1"),
        ("unlabelled", r"split.file.train: has 1 pixels without a label.*row 0, column 0"),
        ("label", r"split.file.train: has \d+ labels that are not the truth's; the first \(4.0\)"),
        ("nan", r"split.file.train: has \d+ labels that are not the truth's; the first \(nan\)"),
        ("class", r"split.file.train: has no pixel of label 5"),
    ],
)
def test_masks_that_cannot_be_are_refused_by_name(truth, what, message):
    with pytest.raises(ValueError, match=message):
        file_split(truth, LABELLED, spoilt(what, truth))


def test_targets_count_from_zero_and_survive_the_file(truth, tmp_path):
    pixels = Pixels.of_truth(truth, random_split(truth, NAMES, 0.2, 0, 0))
    assert np.array_equal(pixels.targets, truth[truth > 0] - 1)
    pixels.save(tmp_path / "pixels.npy")
    loaded = Pixels.load(tmp_path / "pixels.npy")
    for name in ("rows", "columns", "targets", "sides"):
        assert np.array_equal(getattr(loaded, name), getattr(pixels, name))
