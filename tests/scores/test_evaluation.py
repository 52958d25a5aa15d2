import json

import numpy as np
import pytest

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.scores.evaluation import answer_table, evaluate

NAMES = ("a", "b")
FLOOR = {"oa": 0.5, "aa": 0.25, "kappa": 0.1}


def table(*rows: tuple[int, int, int, int]) -> Pixels:
    return Pixels(*np.array(rows).T)


PIXELS = table((0, 0, 0, TRAIN), (0, 1, 0, TEST), (0, 2, 1, TEST), (0, 3, 1, VALIDATION))
# The answers are: wrong on training, right twice on test, wrong on validation.
ANSWERS = np.float32([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])


def test_only_test_pixels_are_scored_and_the_floor_stands_beside_them():
    result = evaluate(PIXELS, ANSWERS, NAMES, FLOOR)
    assert (result["oa"], result["aa"], result["kappa"]) == (1, 1, 1)
    assert [result[f"floor_{key}"] for key in ("oa", "aa", "kappa")] == [0.5, 0.25, 0.1]
    assert result["gain_over_floor"] == pytest.approx(0.5)
    assert result["mean_confidence"] == pytest.approx(0.75)
    assert result["ece"] == pytest.approx(0.25)
    assert list(result["per_class"]) == ["a", "b"]
    assert [each["support"] for each in result["per_class"].values()] == [1, 1]
    assert list(result)[-1] == "per_class", "single numbers come first"
    json.dumps(result, allow_nan=False)


def test_validation_pixels_are_scored_apart_if_there_are_any():
    result = evaluate(PIXELS, ANSWERS, NAMES, FLOOR)
    assert (result["validation_oa"], result["validation_aa"]) == (0, 0)
    without = evaluate(
        Pixels(*(each[:3] for each in (PIXELS.rows, PIXELS.columns, PIXELS.targets, PIXELS.sides))),
        ANSWERS[:3],
        NAMES,
        FLOOR,
    )
    assert set(result) - set(without) == {f"validation_{key}" for key in ("oa", "aa", "kappa")}
    assert without["oa"] == result["oa"]


def test_the_table_of_answers_names_place_class_and_confidence():
    first, *_ = answer_table(PIXELS, ANSWERS, NAMES)
    assert first == {
        "row": 0, "column": 0, "class": "a", "predicted": "b", "confidence": pytest.approx(0.9),
    }  # fmt: skip
    assert len(answer_table(PIXELS, ANSWERS, NAMES)) == len(PIXELS)
