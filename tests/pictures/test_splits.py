import numpy as np
import pytest
from examples import request
from matplotlib.figure import Figure
from matplotlib.image import imread

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.pictures.figures import LARGEST_FIGURE, MANY, in_bytes, write_figure
from hsi.pictures.palette import NO_DATA
from hsi.pictures.splits import COLOURS, NO_SIDE, _outline, split_picture
from hsi.split.blocks import block_split
from hsi.split.report import report
from hsi.split.request import Split

NAMES = ("wheat", "class 5", "fallow")


@pytest.fixture(scope="module")
def split(truth) -> Split:
    """A split into blocks that drops labels: three pixels of each class are fewer than a block."""
    return block_split(request(truth, 3), 5)


def drawn(truth: np.ndarray, split: Split, valid: np.ndarray | None = None):
    measured = report(Pixels.of_truth(truth, split.sides), split.owner, NAMES, 9)
    content = {"method": "blocks", **measured}
    valid = np.ones(truth.shape, bool) if valid is None else valid
    return split_picture(truth, valid, split, content, 9, NAMES), content


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


def test_pixels_without_data_have_a_colour_of_their_own(truth, split):
    valid = truth < 0
    figure, _ = drawn(truth, split, valid)
    for axes in figure.axes[:2]:
        assert (axes.images[0].get_array() == in_bytes(np.array(NO_DATA))).all()
    (legend,) = figure.legends
    assert legend.get_texts()[-1].get_text() == "no data"


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (40, 50)])
@pytest.mark.parametrize("classes", [2, 1000])
def test_scenes_of_any_shape_and_many_classes_have_a_picture_of_bounded_size(
    shape, classes, tmp_path
):
    truth = (np.arange(np.prod(shape)) % classes + 1).reshape(shape).astype(np.int32)
    sides = np.where(np.arange(truth.size) < truth.size // 2, TRAIN, TEST)
    split = Split(sides.reshape(shape).astype(np.uint8), np.zeros(shape, np.uint8))
    names = tuple(f"species number {number}" for number in range(1, classes + 1))
    measured = report(Pixels.of_truth(truth, split.sides), split.owner, names, 9)
    content = {"method": "random", **measured}
    figure = split_picture(truth, np.ones(shape, bool), split, content, 9, names)
    write_figure(tmp_path / "split.png", figure)
    height, width, _ = imread(tmp_path / "split.png").shape
    assert 300 < max(height, width) <= LARGEST_FIGURE
    assert len(figure.axes[2].get_yticklabels()) <= MANY


def test_the_outline_of_a_region_runs_along_the_edges_of_its_pixels():
    inside = np.zeros((4, 5), bool)
    inside[1:3, 2] = True
    axes = Figure().subplots()
    _outline(axes, inside, (0.0, 0.0, 0.0))
    (line,) = axes.lines
    points = {tuple(point) for point in line.get_xydata() if np.isfinite(point).all()}
    assert points == {(1.5, 0.5), (2.5, 0.5), (1.5, 2.5), (2.5, 2.5)}


def test_of_a_large_scene_some_pixels_are_drawn(monkeypatch, truth, split):
    monkeypatch.setattr("hsi.pictures.figures.LARGEST_DRAWN", 10)
    figure, _ = drawn(truth, split)
    assert figure.axes[0].images[0].get_array().shape[:2] == (9, 7)
