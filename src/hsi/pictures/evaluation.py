"""The tables and pictures of an evaluation, as `dvc plots` and people read them."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from hsi.files import write_table
from hsi.pictures.figures import MANY, write_figure
from hsi.pictures.scores import (
    calibration_picture,
    confusion_picture,
    distance_picture,
    per_class_picture,
)
from hsi.scores.accuracy import confusion
from hsi.scores.calibration import coverage, reliability


def write_evaluation(
    folder: Path,
    targets: Int[np.ndarray, " pixels"],
    probability: Float32[np.ndarray, "pixels classes"],
    result: dict[str, Any],
    class_names: tuple[str, ...],
) -> None:
    """Write the confusion matrix, the scores of each class, and calibration.

    The table of the confusion matrix has every pair of classes, or of more than MANY classes the
    pairs that have any pixel.

    Args:
        folder: Where the .csv and .png files go.
        targets: True class of each test pixel, from 0.
        probability: Class probabilities of each.
        result: From `hsi.scores.evaluation.evaluate`.
        class_names: Name of each class.
    """
    matrix = confusion(targets, probability.argmax(1), len(class_names))
    write_table(
        folder / "confusion.csv",
        [
            {"actual": actual, "predicted": predicted, "pixels": int(matrix[row, column])}
            for row, actual in enumerate(class_names)
            for column, predicted in enumerate(class_names)
            if len(class_names) <= MANY or matrix[row, column]
        ],
    )
    write_figure(folder / "confusion.png", confusion_picture(matrix, class_names))

    per_class = result["per_class"]
    write_table(folder / "per_class.csv", [{"class": k, **v} for k, v in per_class.items()])
    recall, support = ([each[key] for each in per_class.values()] for key in ("recall", "support"))
    write_figure(folder / "per_class.png", per_class_picture(recall, support, class_names))

    bins, curve = reliability(probability, targets), coverage(probability, targets)
    write_table(folder / "reliability.csv", bins)
    write_table(folder / "coverage.csv", curve)
    figure = calibration_picture(bins, curve, result["ece"], result["brier"])
    write_figure(folder / "calibration.png", figure)


def write_by_distance(folder: Path, rows: list[dict[str, float]]) -> None:
    """Write the accuracy by distance to the nearest training label, as a table and a picture."""
    write_table(folder / "distance.csv", rows)
    write_figure(folder / "distance.png", distance_picture(rows))
