import numpy as np
import pytest
from examples import request

from hsi.cube.pixels import TEST, TRAIN, Pixels
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
    return split_picture(truth, split, content, 9, NAMES), content


def test_each_side_has_its_colour_and_the_title_says_what_leaks(truth, split):
    figure, content = drawn(truth, split)
    sides, of_truth, bars = figure.axes
    image = sides.images[0].get_array()
    for side in (TRAIN, TEST):
        assert (image[split.sides == side] == COLOURS[side]).all()
    dropped = (truth > 0) & (split.sides == 0)
    assert dropped.any()
    assert (image[dropped] == NO_SIDE).all()
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
