import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.inference.prediction import Prediction
from hsi.pictures.figures import write_figure
from hsi.pictures.maps import false_colour, map_picture
from hsi.pictures.palette import WRONG, palette
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
    cube: np.ndarray, truth: np.ndarray, classes: np.ndarray, info: SceneInfo
) -> tuple[Figure, dict[str, np.ndarray]]:
    """The picture of a map that is scored as it is, and the image under each title."""
    pixels = Pixels.of_truth(truth, np.where(truth > 0, TEST, 0).astype(np.uint8))
    answers = classes[pixels.rows, pixels.columns] - 1
    figure = map_picture(cube, truth, predicted(classes), pixels, answers, info)
    return figure, images(figure)


def images(figure: Figure) -> dict[str, np.ndarray]:
    return {axis.get_title(): axis.images[0].get_array() for axis in figure.axes if axis.images}


def of(shown: dict[str, np.ndarray], start: str) -> tuple[str, np.ndarray]:
    (found,) = [each for each in shown.items() if each[0].startswith(start)]
    return found


def test_the_picture_shows_truth_map_and_errors_in_one_palette(cube, truth):
    classes = np.where(truth > 0, truth, 1).astype(np.int32)
    classes[1, 0] = 2  # a pixel of class 1
    figure, shown = drawn(cube, truth, classes, described())
    title, errors = of(shown, "Errors")
    assert f"1 wrong of {(truth > 0).sum():,} tested" in title
    assert tuple(errors[1, 0]) == pytest.approx(to_rgb(WRONG))
    assert tuple(errors[0, 0]) == (1, 1, 1)
    _, of_map = of(shown, "Map (every pixel)")
    title, of_truth = of(shown, "Truth")
    assert title == f"Truth ({(truth > 0).sum():,} labelled pixels)"
    right = (truth > 0) & (classes == truth)
    assert np.array_equal(of_map[right], of_truth[right])
    assert np.array_equal(of_map, palette(3)[classes])
    texts = {text.get_text() for axis in figure.axes for legend in [axis.get_legend()] if legend
             for text in legend.get_texts()}  # fmt: skip
    texts |= {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    assert set(NAMES) <= texts
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
    figure = map_picture(cube, truth, predicted(truth + (truth == 0)), pixels, answers, described())
    title, errors = of(images(figure), "Errors")
    assert f"(1 wrong of {(truth > 0).sum() - 1:,} tested)" in title, "training is not counted"
    wrong = (errors == to_rgb(WRONG)).all(-1)
    assert np.argwhere(wrong).tolist() == [[1, 0], [1, 1]]


def test_of_a_large_scene_some_pixels_are_drawn_and_all_are_counted(monkeypatch, cube, truth):
    monkeypatch.setattr("hsi.pictures.figures.LARGEST_DRAWN", 10)
    _, shown = drawn(cube, truth, np.where(truth == 1, 2, 1).astype(np.int32), described())
    labelled = (truth > 0).sum()
    titles = ("Scene", "Truth", "Map", "Errors", "Confidence", "Entropy")
    for title in titles:
        assert of(shown, title)[1].shape[:2] == (9, 7)  # every third of 26 and 21
    assert of(shown, "Errors")[0] == f"Errors ({labelled:,} wrong of {labelled:,} tested)"


@pytest.mark.parametrize("shape", [(40, 10), (10, 40)])
def test_tall_and_wide_scenes_have_their_picture(shape, tmp_path):
    cube = np.random.default_rng(0).integers(0, 999, (*shape, 5)).astype(np.uint16)
    classes = np.ones(shape, np.int32)
    figure, _ = drawn(cube, classes, classes, described(("a",)))
    write_figure(tmp_path / "map.png", figure)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_each_colour_is_stretched_without_its_extremes():
    cube = np.tile(np.arange(100.0)[:, None, None], (1, 2, 3)) * [1, 10, 100]
    cube[0] = -1e6
    image = false_colour(cube, (2, 1, 0))
    assert (image.min(), image.max()) == (0, 1)
    np.testing.assert_allclose(image[50], 0.5, atol=0.02)
