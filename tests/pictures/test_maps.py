import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.inference.prediction import Prediction
from hsi.pictures.figures import LARGEST_FIGURE, MANY, in_bytes, write_figure
from hsi.pictures.maps import false_colour, map_picture
from hsi.pictures.palette import NO_DATA, WRONG, palette
from hsi.scene.info import SceneInfo

NAMES = ("wheat", "class 5", "fallow")


def described(names: tuple[str, ...] = NAMES, sensor: str = "") -> SceneInfo:
    return SceneInfo(
        name="own_scene",
        labels=tuple(range(1, len(names) + 1)),
        unlabelled=(0,),
        nodata=None,
        class_names=names,
        sensor=sensor,
        wavelengths=None,
        false_colour=(4, 2, 0),
        citation="",
        licence="",
    )


def predicted(classes: np.ndarray) -> Prediction:
    confidence = np.full(classes.shape, 0.5, np.float32)
    return Prediction(classes.astype(np.int32), confidence, confidence / 2)


def drawn(
    cube: np.ndarray,
    truth: np.ndarray,
    classes: np.ndarray,
    info: SceneInfo,
    valid: np.ndarray | None = None,
) -> tuple[Figure, dict[str, np.ndarray]]:
    """The picture of a map that is scored as it is, and the image under each title."""
    pixels = Pixels.of_truth(truth, np.where(truth > 0, TEST, 0).astype(np.uint8))
    answers = classes[pixels.rows, pixels.columns] - 1
    valid = np.ones(truth.shape, bool) if valid is None else valid
    figure = map_picture(cube, valid, truth, predicted(classes), pixels, answers, info)
    return figure, images(figure)


def images(figure: Figure) -> dict[str, np.ndarray]:
    return {axis.get_title(): axis.images[0].get_array() for axis in figure.axes if axis.images}


def legend(figure: Figure) -> list[str]:
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


def of(shown: dict[str, np.ndarray], start: str) -> tuple[str, np.ndarray]:
    (found,) = [each for each in shown.items() if each[0].startswith(start)]
    return found


def test_the_picture_shows_truth_map_and_errors_in_one_palette(cube, truth):
    classes = np.where(truth > 0, truth, 1).astype(np.int32)
    classes[1, 0] = 2  # a pixel of class 1
    figure, shown = drawn(cube, truth, classes, described())
    title, errors = of(shown, "Errors")
    assert f"1 wrong of {(truth > 0).sum():,} tested" in title
    assert tuple(errors[1, 0]) == tuple(in_bytes(np.array(WRONG)))
    assert tuple(errors[0, 0]) == (255, 255, 255)
    _, of_map = of(shown, "Map (every pixel)")
    title, of_truth = of(shown, "Truth")
    assert title == f"Truth ({(truth > 0).sum():,} labelled pixels)"
    right = (truth > 0) & (classes == truth)
    assert np.array_equal(of_map[right], of_truth[right])
    assert np.array_equal(of_map, in_bytes(palette(3))[classes])
    assert legend(figure) == [*NAMES, "unlabelled", "wrong"]
    assert figure.get_suptitle() == "Own Scene scene"
    figure, _ = drawn(cube, truth, classes, described(sensor="AVIRIS"))
    assert figure.get_suptitle() == "Own Scene: AVIRIS"


def test_errors_are_those_of_the_scored_answers_where_they_differ_from_the_map(cube, truth):
    sides = np.where(truth > 0, TEST, 0).astype(np.uint8)
    sides[1, 0] = TRAIN
    pixels = Pixels.of_truth(truth, sides)
    answers = pixels.targets.copy()
    for row, column in ((1, 0), (1, 1)):
        answers[(pixels.rows == row) & (pixels.columns == column)] = 2
    classes, valid = truth + (truth == 0), np.ones(truth.shape, bool)
    figure = map_picture(cube, valid, truth, predicted(classes), pixels, answers, described())
    title, errors = of(images(figure), "Errors")
    assert f"(1 wrong of {(truth > 0).sum() - 1:,} tested)" in title, "training is not counted"
    wrong = (errors == in_bytes(np.array(WRONG))).all(-1)
    assert np.argwhere(wrong).tolist() == [[1, 0], [1, 1]]


def test_of_a_large_scene_some_pixels_are_drawn_and_all_are_counted(monkeypatch, cube, truth):
    monkeypatch.setattr("hsi.pictures.figures.LARGEST_DRAWN", 10)
    _, shown = drawn(cube, truth, np.where(truth == 1, 2, 1).astype(np.int32), described())
    labelled = (truth > 0).sum()
    titles = ("Scene", "Truth", "Map", "Errors", "Confidence", "Entropy")
    for title in titles:
        assert of(shown, title)[1].shape[:2] == (9, 7)  # every third of 26 and 21
    assert of(shown, "Errors")[0] == f"Errors ({labelled:,} wrong of {labelled:,} tested)"


@pytest.mark.parametrize("shape", [(40, 10), (10, 40), (1, 5000), (5000, 1), (2000, 1), (1, 1)])
@pytest.mark.parametrize("classes", [1, 1000])
def test_scenes_of_any_shape_and_many_classes_have_a_picture_of_bounded_size(
    shape, classes, tmp_path
):
    cube = np.random.default_rng(0).integers(0, 999, (*shape, 5)).astype(np.uint16)
    truth = (np.arange(np.prod(shape)) % classes + 1).reshape(shape).astype(np.int32)
    names = tuple(f"species number {number}" for number in range(1, classes + 1))
    figure, _ = drawn(cube, truth, truth, described(names))
    write_figure(tmp_path / "map.png", figure)
    height, width, _ = imread(tmp_path / "map.png").shape
    assert 300 < max(height, width) <= LARGEST_FIGURE
    if max(shape) > 40:
        title = figure.get_suptitle()
        assert title.endswith(f"({shape[0]:,} x {shape[1]:,} pixels, not to scale)")


def test_many_classes_have_a_bar_of_colours_in_place_of_a_legend(cube, truth):
    names = tuple(f"class {number}" for number in range(1, MANY + 2))
    figure, _ = drawn(cube, truth, truth, described(names))
    assert legend(figure) == ["unlabelled", "wrong"]
    labels = [axis.get_xlabel() for axis in figure.axes]
    assert f"class, of {MANY + 1}: too many to name them here" in labels


def test_pixels_without_data_have_a_colour_of_their_own_in_every_panel(cube, truth):
    valid = np.ones(truth.shape, bool)
    valid[:2] = False
    figure, shown = drawn(cube, truth * valid, truth, described(), valid)
    assert len(shown) == 6
    for image in shown.values():
        assert (image[:2] == in_bytes(np.array(NO_DATA))).all()
        assert (image[2:] != in_bytes(np.array(NO_DATA))).any()
    assert legend(figure)[-1] == "no data"


def test_each_colour_is_stretched_without_its_extremes_and_pixels_without_data():
    cube = np.tile(np.arange(100.0)[:, None, None], (1, 2, 3)) * [1, 10, 100]
    cube[0] = -1e6
    valid, whole = np.ones((100, 2), bool), slice(None, None, 1)
    image = false_colour(cube, (2, 1, 0), valid, whole)
    assert (image.min(), image.max()) == (0, 1)
    np.testing.assert_allclose(image[50], 0.5, atol=0.02)
    valid[90:] = False
    cube[90:] = 1e9
    changed = false_colour(cube, (2, 1, 0), valid, whole)
    assert np.array_equal(changed[:90], false_colour(cube[:90], (2, 1, 0), valid[:90], whole))
    assert not changed[90:].any()
    assert not false_colour(cube, (2, 1, 0), np.zeros((100, 2), bool), whole).any()
