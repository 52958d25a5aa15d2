import numpy as np
import pytest
from examples import request

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.pictures.figures import DPI, LARGEST_FIGURE, MANY, in_bytes, write_figure
from hsi.pictures.palette import NO_DATA
from hsi.pictures.splits import COLOURS, NO_SIDE, split_picture
from hsi.split.blocks import block_split
from hsi.split.report import report
from hsi.split.request import Split

NAMES = ("wheat", "class 5", "fallow")


@pytest.fixture(scope="module")
def split(truth) -> Split:
    """A split into blocks that drops labels: three pixels of each class are fewer than a block."""
    return block_split(request(truth, 3), 5)


def drawn(truth: np.ndarray, split: Split):
    measured = report(Pixels.of_truth(truth, split.sides), split.owner, NAMES, 9)
    content = {"method": "blocks", **measured}
    valid = np.ones(truth.shape, bool)
    return split_picture(valid, split, content, 9, NAMES), content


def test_each_side_has_its_colour_and_the_title_says_what_leaks(truth, split):
    figure, content = drawn(truth, split)
    sides, of_truth, bars = figure.axes
    image = sides.images[0].get_array()
    for side in (TRAIN, TEST):
        assert (image[split.sides == side] == in_bytes(np.array(COLOURS[side]))).all()
    dropped = (truth > 0) & (split.sides == 0)
    assert dropped.any()
    assert (image[dropped] == in_bytes(np.array(NO_SIDE))).all()
    assert of_truth.images[0].get_array().shape == (*truth.shape, 3)
    title = figure.get_suptitle()
    assert f"Split: blocks. {content['train']:,} of " in title
    assert "0.0% of the test pixels lie inside a training window of 9" in title
    assert f"{content['floor']['oa']:.2%} OA" in title
    labels = [text.get_text() for text in bars.get_yticklabels()]
    counts = content["per_class"]["wheat"]
    assert labels[0] == f"wheat  3 / {counts['test']}"


def test_only_sides_that_have_pixels_are_in_the_legend(truth, split):
    figure, _ = drawn(truth, split)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "train",
        "test",
        "labelled, on no side",
    ]


def test_of_a_large_scene_some_pixels_are_drawn(monkeypatch, truth, split):
    monkeypatch.setattr("hsi.pictures.figures.LARGEST_DRAWN", 10)
    figure, _ = drawn(truth, split)
    assert figure.axes[0].images[0].get_array().shape[:2] == (9, 7)


def test_pixels_without_data_are_shown_if_there_are_any(truth, split):
    valid = np.ones(truth.shape, bool)
    valid[0, :] = False  # unlabelled
    _, content = drawn(truth, split)
    figure = split_picture(valid, split, content, 9, NAMES)
    for axes in figure.axes[:2]:
        image = axes.images[0].get_array()
        assert np.array_equal((image == in_bytes(np.array(NO_DATA))).all(-1), ~valid)
    assert figure.legends[0].get_texts()[-1].get_text() == "no data"


def outlined(owner: np.ndarray):
    """The lines over the sides of a scene of which each pixel has an owner."""
    truth = np.where(owner == TRAIN, 1, 2).astype(np.int32)
    content = described_split(("a", "b"))
    valid = np.ones(truth.shape, bool)
    figure = split_picture(valid, Split(owner, owner, truth, truth), content, 9, ("a", "b"))
    return figure.axes[0].lines


def described_split(names: tuple[str, ...]) -> dict:
    """The content of a metrics/split.json."""
    sides = {"train": 1, "validation": 0, "test": 3}
    return {"method": "blocks", **sides, "per_class": dict.fromkeys(names, sides),
            "test_inside_training_windows": 0.5, "shared_pixels": 1,
            "distance_to_training": {"median": 1.0}, "floor": {"oa": 0.5}}  # fmt: skip


def test_the_outline_runs_along_the_edges_of_the_pixels():
    owner = np.full((4, 5), TEST, np.uint8)
    owner[1:3, 1:4] = TRAIN
    (line,) = outlined(owner)
    steps = line.get_xydata().reshape(-1, 3, 2)
    assert np.isnan(steps[:, 2]).all(), "the line is broken between edges"
    edges = {tuple(map(tuple, step[:2])) for step in steps.tolist()}
    assert edges == {
        ((0.5, 0.5), (3.5, 0.5)),
        ((0.5, 2.5), (3.5, 2.5)),
        ((0.5, 0.5), (0.5, 2.5)),
        ((3.5, 0.5), (3.5, 2.5)),
    }


def test_an_outline_too_fine_to_be_seen_is_left_out():
    some = np.random.default_rng(0).random((400, 400)) < 0.5
    owner = np.where(some, TRAIN, TEST).astype(np.uint8)
    assert len(outlined(owner)) == 0
    assert len(outlined(owner[:100, :100])) == 1


@pytest.mark.parametrize(
    ("shape", "count"),
    [((9, 9), 1), ((40, 10), MANY), ((1, 1), MANY + 1), ((600, 1), 3), ((5000, 1), 1000),
     ((1, 5000), MANY), ((1, 5000), 1)],
)  # fmt: skip
def test_splits_of_any_shape_have_their_picture_within_a_page(shape, count):
    names = tuple(f"class {number}" for number in range(count))
    truth, sides = np.ones(shape, np.int32), np.full(shape, TEST, np.uint8)
    figure = split_picture(
        np.ones(shape, bool), Split.shared(sides, truth), described_split(names), 9, names
    )
    assert max(figure.get_size_inches()) * DPI <= LARGEST_FIGURE
    assert ("not to scale" in figure.get_suptitle()) == (max(shape) > 8 * min(shape))
    bars = figure.axes[2]
    assert len(bars.get_yticklabels()) <= MANY
    assert (f"{count:,} classes, of which some are named" in bars.get_xlabel()) == (count > MANY)


@pytest.mark.parametrize("name", ["_road", "$x_{$", "x" * 100])
def test_any_name_is_beside_its_bar(name, truth, split, tmp_path):
    names = (name, "b", "c")
    valid = np.ones(truth.shape, bool)
    figure = split_picture(valid, split, described_split(names), 9, names)
    write_figure(tmp_path / "split.png", figure)
    assert figure.axes[2].get_yticklabels()[0].get_text() == f"{name}  1 / 3"
