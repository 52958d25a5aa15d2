import numpy as np
import pytest
from matplotlib.figure import Figure

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.files import read_array, write_array
from hsi.inference.prediction import Prediction
from hsi.pictures.figures import DPI, LARGEST_FIGURE, MANY, in_bytes, write_figure
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
    valid = np.ones(truth.shape, bool) if valid is None else valid
    pixels = Pixels.of_truth(truth, np.where(truth > 0, TEST, 0).astype(np.uint8))
    answers = classes[pixels.rows, pixels.columns] - 1
    prediction = predicted(classes).only(valid)
    figure = map_picture(cube, valid, truth, prediction, pixels, answers, info)
    return figure, images(figure)


def images(figure: Figure) -> dict[str, np.ndarray]:
    return {axis.get_title(): axis.images[0].get_array() for axis in figure.axes if axis.images}


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def of(shown: dict[str, np.ndarray], start: str) -> tuple[str, np.ndarray]:
    (found,) = [each for each in shown.items() if each[0].startswith(start)]
    return found


def test_the_picture_shows_truth_map_and_errors_in_one_palette(cube, truth):
    classes = np.where(truth > 0, truth, 1).astype(np.int32)
    classes[1, 0] = 2  # a pixel of class 1
    figure, shown = drawn(cube, truth, classes, described())
    title, errors = of(shown, "Errors")
    assert f"1 wrong of {(truth > 0).sum():,} tested" in title
    assert (errors[1, 0] == in_bytes(np.array(WRONG))).all()
    assert (errors[0, 0] == 255).all()
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
    valid, prediction = np.ones(truth.shape, bool), predicted(truth + (truth == 0))
    figure = map_picture(cube, valid, truth, prediction, pixels, answers, described())
    title, errors = of(images(figure), "Errors")
    assert f"(1 wrong of {(truth > 0).sum() - 1:,} tested)" in title, "training is not counted"
    wrong = (errors == in_bytes(np.array(WRONG))).all(-1)
    assert np.argwhere(wrong).tolist() == [[1, 0], [1, 1]]


def test_a_map_by_another_model_than_the_scored_one_says_so(cube, truth):
    pixels = Pixels.of_truth(truth, np.where(truth > 0, TEST, 0).astype(np.uint8))
    valid = np.ones(truth.shape, bool)
    arguments = cube, valid, truth, predicted(truth), pixels, pixels.targets, described()
    assert "Map (every pixel)" in images(map_picture(*arguments))
    shown = images(map_picture(*arguments, of_all_labels=True))
    assert "Map (by a model of all labels, not scored)" in shown


def test_labels_of_masks_count_where_the_truth_has_others(cube, truth):
    own = truth.copy()
    own[0, 0], own[1, 0] = 2, 3  # unlabelled and class 1 in the truth
    pixels = Pixels.of_truth(own, np.where(own > 0, TEST, 0).astype(np.uint8))
    valid, prediction = np.ones(truth.shape, bool), predicted(own + (own == 0))
    figure = map_picture(cube, valid, truth, prediction, pixels, pixels.targets, described())
    title, errors = of(images(figure), "Errors")
    assert title.startswith("Errors (0 wrong")
    assert not (errors == in_bytes(np.array(WRONG))).all(-1).any()
    title, of_truth = of(images(figure), "Truth")
    assert title == f"Truth ({(truth > 0).sum() + 1:,} labelled pixels)"
    assert np.array_equal(of_truth, in_bytes(palette(3))[own])


def test_of_a_large_scene_some_pixels_are_drawn_and_all_are_counted(monkeypatch, cube, truth):
    monkeypatch.setattr("hsi.pictures.figures.LARGEST_DRAWN", 10)
    _, shown = drawn(cube, truth, np.where(truth == 1, 2, 1).astype(np.int32), described())
    labelled = (truth > 0).sum()
    titles = ("Scene", "Truth", "Map", "Errors", "Confidence", "Entropy")
    for title in titles:
        assert of(shown, title)[1].shape[:2] == (9, 7)  # every third of 26 and 21
    assert of(shown, "Errors")[0] == f"Errors ({labelled:,} wrong of {labelled:,} tested)"


def test_pixels_without_data_have_a_colour_of_their_own_and_do_not_stretch_the_others(cube, truth):
    valid = np.ones(truth.shape, bool)
    valid[:, :4] = False
    truth = np.where(valid, truth, 0).astype(np.int32)
    classes = np.where(valid, 2, 0).astype(np.int32)
    filled = cube.astype(np.float32)
    filled[~valid] = -9999
    figure, shown = drawn(filled, truth, classes, described(), valid)
    assert len(shown) == 6
    for image in shown.values():
        assert np.array_equal((image == in_bytes(np.array(NO_DATA))).all(-1), ~valid)
    assert legend(figure) == [*NAMES, "unlabelled", "wrong", "no data"]
    _, scene = of(shown, "Scene")
    filled[~valid] = np.nan
    _, other = drawn(filled, truth, classes, described(), valid)
    assert np.array_equal(of(other, "Scene")[1], scene), "the fill decides nothing"
    assert scene[valid].std() > 50


@pytest.mark.parametrize(
    ("shape", "count"),
    [((40, 10), 1), ((10, 40), MANY), ((1, 1), MANY + 1), ((1, 90), 3), ((90, 1), 3),
     ((5000, 1), 1000), ((1, 5000), 1000), ((5000, 1), MANY), ((1, 5000), 1)],
)  # fmt: skip
def test_scenes_of_any_shape_have_their_picture_within_a_page(shape, count):
    cube = np.random.default_rng(0).integers(0, 999, (*shape, 5)).astype(np.uint16)
    classes = np.full(shape, count, np.int32)
    names = tuple(f"class {number}" for number in range(1, count + 1))
    figure, _ = drawn(cube, classes, classes, described(names))
    assert max(figure.get_size_inches()) * DPI <= LARGEST_FIGURE
    assert ("not to scale" in figure.get_suptitle()) == (max(shape) > 8 * min(shape))
    bars = [axis.get_xlabel() for axis in figure.axes if "class, of" in axis.get_xlabel()]
    assert len(bars) == (count > MANY)
    assert legend(figure)[-2:] == ["unlabelled", "wrong"]
    assert len(legend(figure)) == 2 + (count if count <= MANY else 0)


@pytest.mark.parametrize("name", ["_road", "$x_{$", "x" * 100])
def test_any_name_is_in_the_legend(name, cube, truth, tmp_path):
    figure, _ = drawn(cube, truth, np.maximum(truth, 1), described((name, "b", "c")))
    write_figure(tmp_path / "map.png", figure)
    assert legend(figure)[0] == name


def test_each_colour_is_stretched_without_its_extremes():
    cube = np.tile(np.arange(100.0)[:, None, None], (1, 2, 3)) * [1, 10, 100]
    cube[0] = -1e6
    valid = np.ones((100, 2), bool)
    image = false_colour(cube, (2, 1, 0), valid, slice(None, None, 1))
    assert (image.min(), image.max()) == (0, 1)
    np.testing.assert_allclose(image[50], 0.5, atol=0.02)
    flat = false_colour(cube * 0 + 7, (2, 1, 0), valid, slice(None, None, 1))
    assert (flat == 0).all(), "one value in all pixels"


def test_the_bands_of_a_file_are_those_of_its_thinned_pixels(monkeypatch, tmp_path):
    cube = np.random.default_rng(0).random((23, 9, 5))
    valid = cube[..., 0] > 0.1
    thin = slice(None, None, 2)
    expected = false_colour(cube[thin, thin], (4, 2, 0), valid[thin, thin], slice(None, None, 1))
    write_array(tmp_path / "cube.npy", cube)
    monkeypatch.setattr("hsi.files.CHUNK", 2 * 9 * 5 * 3)  # three drawn rows
    found = false_colour(read_array(tmp_path / "cube.npy", in_memory=False), (4, 2, 0), valid, thin)
    np.testing.assert_array_equal(found, expected)
