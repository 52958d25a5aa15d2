"""Pictures of scores: the confusion matrix, recall by class, and calibration."""

import numpy as np
from jaxtyping import Int
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from hsi.pictures.figures import MANY, thinned_names
from hsi.pictures.text import inches

FEW = 30  # pixels: the accuracy of fewer is uncertain


def confusion_picture(
    matrix: Int[np.ndarray, "classes classes"], class_names: tuple[str, ...]
) -> Figure:
    """Draw a confusion matrix: the share of each true class (row) given each class (column).

    Colour is the share of the row; the number of pixels is written in every cell that has any,
    unless there are more than MANY classes.
    """
    count = len(class_names)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = 2.8 + 0.42 * count if count <= MANY else 13.0
    side += max(0.0, inches(class_names) - 2.5)
    figure = Figure(figsize=(side + 1.0, side), layout="constrained", facecolor="white")
    axes = figure.subplots()
    exponent = 1.0 if count <= MANY else 0.5  # without numbers, rare errors should be seen
    image = axes.imshow(
        share, cmap="Blues", norm=PowerNorm(exponent, 0, 1), interpolation="nearest"
    )
    for row, column in np.argwhere(matrix) if count <= MANY else ():
        axes.text(
            column,
            row,
            f"{matrix[row, column]}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share[row, column] > 0.5 else "0.15",
        )
    places, names = thinned_names(class_names)
    axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    some = "" if count <= MANY else f": {count:,} classes, of which some are named"
    axes.set_title(f"Test pixels by true and predicted class{some}")
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    return figure


def per_class_picture(
    recall: list[float | None], support: list[int], class_names: tuple[str, ...]
) -> Figure:
    """Draw the recall of each class as a bar, with its number of test pixels beside its name.

    Of more than MANY classes some are named, and their recall is not written.
    """
    count = len(class_names)
    labels = tuple(f"{name} ({n:,})" for name, n in zip(class_names, support, strict=True))
    figure = Figure(
        figsize=(8 + max(0.0, inches(labels) - 3.0), 1.2 + 0.32 * min(count, MANY)),
        layout="constrained",
        facecolor="white",
    )
    axes = figure.subplots()
    values = [value or 0.0 for value in recall]
    bars = axes.barh(range(count), values, 0.7 if count <= MANY else 1.0, color="#3b6fb6")
    if count <= MANY:
        written = ["not tested" if value is None else f"{100 * value:.1f} %" for value in recall]
        axes.bar_label(bars, written, padding=3, fontsize=9)
    axes.set_yticks(*thinned_names(labels))
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xlim(0, 1.1)
    some = "" if count <= MANY else f"\n{count:,} classes, of which some are named"
    axes.set_xlabel(f"recall on test pixels (number of them in brackets){some}")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def calibration_picture(
    bins: list[dict[str, float]], curve: list[dict[str, float]], ece: float, brier: float
) -> Figure:
    """Draw accuracy against confidence, and accuracy against coverage.

    Args:
        bins: From `hsi.scores.calibration.reliability`.
        curve: From `hsi.scores.calibration.coverage`.
        ece: Expected calibration error, a fraction.
        brier: Brier score.
    """
    figure = Figure(figsize=(11, 5.2), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    total = sum(each["pixels"] for each in bins)
    width = bins[0]["upper"] - bins[0]["lower"]
    middle = [each["lower"] + width / 2 for each in bins]
    share = [each["pixels"] / total for each in bins]
    left.bar(middle, share, width, color="0.88", label="share of the pixels")
    left.plot([0, 1], [0, 1], "--", color="0.5", label="perfect calibration")
    for many, face, label in (
        (True, "#3b6fb6", f"{FEW} test pixels or more"),
        (False, "white", "fewer"),
    ):
        chosen = [each for each in bins if (each["pixels"] >= FEW) == many]
        points = [[each[key] for each in chosen] for key in ("confidence", "accuracy")]
        line = "o-" if many else "o"
        left.plot(*points, line, color="#3b6fb6", markerfacecolor=face, label=label)
    left.set_xlim(0, 1)
    left.set_ylim(0, 1.02)
    left.set_xlabel("confidence: probability of the predicted class")
    left.set_ylabel("accuracy")
    left.set_title(f"Reliability: ECE {100 * ece:.2f} %, Brier {brier:.4f}")
    left.legend(loc="upper left", frameon=False)

    lines = [[100 * each[key] for each in curve] for key in ("coverage", "accuracy")]
    right.plot(*lines, color="#3b6fb6")
    right.set_xlim(0, 100)
    right.set_xlabel("coverage: share of test pixels kept, most confident first, %")
    right.set_ylabel("accuracy of the pixels kept, %")
    right.set_title("Accuracy on the most confident pixels")
    right.grid(color="0.92")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def distance_picture(rows: list[dict[str, float]]) -> Figure:
    """Draw accuracy against the distance to the nearest training label, beside the floor.

    Args:
        rows: From `hsi.scores.distance.by_distance`.
    """
    figure = Figure(figsize=(7.5, 4.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    places = range(len(rows))
    total = sum(each["pixels"] for each in rows)
    share = [100 * each["pixels"] / total for each in rows]
    axes.bar(places, share, 0.9, color="0.9", label="share of the test pixels")
    for key, colour, label in (
        ("floor", "0.45", "floor: the label of the nearest training pixel"),
        ("accuracy", "#3b6fb6", "model"),
    ):
        axes.plot(places, [100 * each[key] for each in rows], "o-", color=colour, label=label)
    names = [f"{each['from']:.0f} to {each['below']:.0f}" for each in rows]
    axes.set_xticks(
        places, [f"{name}\n({each['pixels']:,})" for name, each in zip(names, rows, strict=True)]
    )
    axes.set_ylim(0, 102)
    axes.set_xlabel("distance to the nearest training pixel, in pixels (number of test pixels)")
    axes.set_ylabel("per cent")
    axes.set_title("Accuracy by distance to the nearest training label")
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="best", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
