"""All scores of the answers on test pixels."""

from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from hsi.cube.pixels import TEST, VALIDATION, Pixels
from hsi.scores.accuracy import scores
from hsi.scores.calibration import calibration

SCORES = ("oa", "aa", "kappa")


def evaluate(
    pixels: Pixels,
    probability: Float32[np.ndarray, "pixels classes"],
    class_names: tuple[str, ...],
    floor: dict[str, float],
) -> dict[str, Any]:
    """Return accuracy and calibration on test pixels, with the floor beside them.

    Where there are validation pixels, their accuracy is `validation_oa`, `validation_aa` and
    `validation_kappa`.

    Args:
        pixels: The labelled pixels and their sides.
        probability: Class probabilities of these pixels.
        class_names: Name of each class.
        floor: `oa`, `aa` and `kappa` of copying the nearest training label.
    """
    tested = pixels.on(TEST)
    on_test = probability[pixels.sides == TEST]
    result = scores(tested.targets, on_test.argmax(1), class_names)
    per_class = result.pop("per_class")
    held = pixels.on(VALIDATION)
    if len(held):
        answers: Int[np.ndarray, " held"] = probability[pixels.sides == VALIDATION].argmax(1)
        validated = scores(held.targets, answers, class_names)
        result |= {f"validation_{key}": validated[key] for key in SCORES}
    result |= calibration(on_test, tested.targets)
    result |= {f"floor_{key}": floor[key] for key in SCORES}
    result["gain_over_floor"] = result["oa"] - floor["oa"]
    return {**result, "per_class": per_class}


def answer_table(
    pixels: Pixels,
    probability: Float32[np.ndarray, "pixels classes"],
    names: tuple[str, ...],
) -> list[dict[str, Any]]:
    """Return place, true class, predicted class and confidence of each pixel."""
    predicted, confidence = probability.argmax(1).tolist(), probability.max(1).tolist()
    places = (pixels.rows.tolist(), pixels.columns.tolist(), pixels.targets.tolist())
    return [
        {
            "row": row,
            "column": column,
            "class": names[target],
            "predicted": names[guess],
            "confidence": round(sure, 6),
        }
        for row, column, target, guess, sure in zip(*places, predicted, confidence, strict=True)
    ]
