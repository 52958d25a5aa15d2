import numpy as np
import pytest
import spectral
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from hsi import maps, plots

NAMES = ("wheat", "class 5", "fallow")


@pytest.mark.parametrize("classes", [1, 9, 16, 20, 33])
def test_every_class_has_a_colour_of_its_own(classes):
    colours = maps.palette(classes)
    assert colours.shape == (classes + 1, 3)
    assert len(np.unique((colours * 255).round(), axis=0)) == classes + 1


def test_the_raster_opens_as_an_envi_classification(tmp_path, truth):
    maps.write_raster(tmp_path / "map" / "classes.hdr", truth, NAMES)
    opened = spectral.envi.open(tmp_path / "map" / "classes.hdr")
    assert np.array_equal(opened.read_band(0), truth)
    header = opened.metadata
    assert header["file type"] == "ENVI Classification"
    assert header["class names"] == ["Unclassified", *NAMES]
    colours = np.array(header["class lookup"], int).reshape(-1, 3)
    assert np.array_equal(colours, (maps.palette(3) * 255).round())


def test_the_picture_shows_truth_map_and_errors_in_one_palette(cube, truth):
    predicted = np.where(truth > 0, truth, 1).astype(np.int32)
    predicted[1, 0] = 2  # a pixel of class 1
    figure = maps.picture(
        cube,
        truth,
        predicted,
        np.full(truth.shape, 0.5, np.float32),
        np.full(truth.shape, 0.25, np.float32),
        truth > 0,
        NAMES,
        (18, 12, 6),
        "a scene",
    )
    shown = {axis.get_title(): axis for axis in figure.axes}
    errors = next(axis for title, axis in shown.items() if title.startswith("Errors"))
    assert f"1 wrong of {(truth > 0).sum():,} tested" in errors.get_title()
    image = errors.images[0].get_array()
    assert tuple(image[1, 0]) == pytest.approx(to_rgb(maps.WRONG))
    assert tuple(image[0, 0]) == (1, 1, 1)
    map_image = shown["Map (every pixel)"].images[0].get_array()
    truth_image = next(a for t, a in shown.items() if t.startswith("Truth")).images[0].get_array()
    right = (truth > 0) & (predicted == truth)
    assert np.array_equal(map_image[right], truth_image[right])
    texts = {text.get_text() for axis in figure.axes for legend in [axis.get_legend()] if legend
             for text in legend.get_texts()}  # fmt: skip
    texts |= {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    assert set(NAMES) <= texts


def test_of_a_large_scene_some_pixels_are_drawn_and_all_are_counted(monkeypatch, cube, truth):
    monkeypatch.setattr(maps, "LARGEST_DRAWN", 10)
    predicted = np.where(truth == 1, 2, 1).astype(np.int32)
    confidence = np.full(truth.shape, 0.5, np.float32)
    figure = maps.picture(
        cube, truth, predicted, confidence, confidence, truth > 0, NAMES, (18, 12, 6), "a scene"
    )
    labelled = (truth > 0).sum()
    for axis in figure.axes[:6]:
        assert axis.images[0].get_array().shape[:2] == (9, 7)  # every third of 26 and 21
    assert figure.axes[3].get_title() == f"Errors ({labelled:,} wrong of {labelled:,} tested)"


@pytest.mark.parametrize("shape", [(40, 10), (10, 40)])
def test_tall_and_wide_scenes_have_their_picture(shape, tmp_path):
    cube = np.random.default_rng(0).integers(0, 999, (*shape, 5)).astype(np.uint16)
    classes = np.ones(shape, np.int32)
    sure = np.ones(shape, np.float32)
    figure = maps.picture(cube, classes, classes, sure, sure, classes > 0, ("a",), (4, 2, 0), "t")
    plots.write_figure(tmp_path / "map.png", figure)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_the_confusion_picture_writes_every_count(tmp_path):
    for name in ("one.png", "two.png"):
        figure = plots.confusion_picture(np.array([[30, 2], [0, 7]]), ("a", "b"))
        assert [text.get_text() for text in figure.axes[0].texts] == ["30", "2", "7"]
        plots.write_figure(tmp_path / name, figure)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_class_picture_tells_untested_from_never_right():
    figure: Figure = plots.per_class_picture([0.5, None, 0.0], [4, 0, 2], NAMES)
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels == ["50.0 %", "not tested", "0.0 %"]
