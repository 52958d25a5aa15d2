import numpy as np
import pytest
from matplotlib.figure import Figure

from hsi.pictures.figures import DPI, LARGEST_FIGURE, MANY, write_figure
from hsi.pictures.scores import FEW, calibration_picture, confusion_picture, per_class_picture

NAMES = ("wheat", "class 5", "fallow")


def test_the_confusion_picture_writes_every_count(tmp_path):
    for name in ("one.png", "two.png"):
        figure = confusion_picture(np.array([[30, 2], [0, 7]]), ("a", "b"))
        assert [text.get_text() for text in figure.axes[0].texts] == ["30", "2", "7"]
        write_figure(tmp_path / name, figure)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_class_picture_tells_untested_from_never_right():
    figure: Figure = per_class_picture([0.5, None, 0.0], [4, 0, 2], NAMES)
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels == ["50.0 %", "not tested", "0.0 %"]


@pytest.mark.parametrize("name", ["class {}", "{:_>100}", "{:水>100}"])
@pytest.mark.parametrize("count", [1, MANY, MANY + 1, 1000])
def test_pictures_of_many_classes_stay_within_a_page(count, name):
    names = tuple(name.format(number) for number in range(count))
    confused = confusion_picture(np.eye(count, dtype=int), names)
    bars = per_class_picture([1.0] * count, [3] * count, names)
    for figure in (confused, bars):
        assert max(figure.get_size_inches()) * DPI <= LARGEST_FIGURE
        axes = figure.axes[0]
        assert len(axes.texts) == (count if count <= MANY else 0)
        assert len(axes.get_yticklabels()) <= MANY
        assert len(bars.axes[0].patches) == count
        said = axes.get_title() + axes.get_xlabel()
        assert (f"{count:,} classes, of which some are named" in said) == (count > MANY)


def test_a_name_of_a_hundred_characters_leaves_room_for_the_picture(tmp_path):
    names = tuple(f"{each:_>100}" for each in NAMES)
    for figure in (confusion_picture(np.eye(3, dtype=int), names),
                   per_class_picture([1.0] * 3, [3] * 3, names)):  # fmt: skip
        write_figure(tmp_path / "figure.png", figure)  # a picture without room is a warning
        assert figure.axes[0].get_position().width * figure.get_figwidth() > 1


def test_the_calibration_picture_has_both_panels_and_marks_bins_of_few_pixels():
    bins = [
        {"lower": 8 / 15, "upper": 9 / 15, "pixels": FEW - 1, "confidence": 0.57, "accuracy": 0.3},
        {"lower": 14 / 15, "upper": 1.0, "pixels": FEW, "confidence": 0.98, "accuracy": 0.9},
    ]
    curve = [{"coverage": 0.5, "accuracy": 1.0}, {"coverage": 1.0, "accuracy": 0.6}]
    figure = calibration_picture(bins, curve, 0.1234, 0.5)
    left, right = figure.axes
    assert len(left.patches) == len(bins)
    assert "ECE 12.34 %, Brier 0.5000" in left.get_title()
    points = {line.get_label(): line.get_xydata().tolist() for line in left.lines}
    assert points[f"{FEW} test pixels or more"] == [[0.98, 0.9]]
    assert points["fewer"] == [[0.57, 0.3]]
    assert right.lines[0].get_xydata().tolist() == [[50, 100], [100, 60]]
