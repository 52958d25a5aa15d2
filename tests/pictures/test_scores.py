import numpy as np
from matplotlib.figure import Figure

from hsi.pictures.figures import write_figure
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
