import csv
from pathlib import Path

import numpy as np
import pytest

from hsi.pictures.evaluation import write_by_distance, write_evaluation
from hsi.pictures.figures import MANY
from hsi.scores.accuracy import scores
from hsi.scores.calibration import calibration

NAMES = ("wheat", "fallow", "never tested")
TARGETS = np.array([0, 0, 0, 1, 1])
ANSWERS = np.float32([[0.9, 0.1, 0], [0.8, 0.1, 0.1], [0.2, 0.8, 0], [0, 1, 0], [0.3, 0.4, 0.3]])


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("plots")
    result = scores(TARGETS, ANSWERS.argmax(1), NAMES) | calibration(ANSWERS, TARGETS)
    write_evaluation(path, TARGETS, ANSWERS, result, NAMES)
    return path


def test_every_table_has_its_picture(folder):
    names = {path.name for path in folder.iterdir()}
    tables = {"confusion.csv", "per_class.csv", "reliability.csv", "coverage.csv"}
    assert names == tables | {"confusion.png", "per_class.png", "calibration.png"}
    assert all(path.stat().st_size > 5000 for path in folder.glob("*.png"))


def test_the_confusion_table_has_every_pair_of_classes(folder):
    rows = table(folder / "confusion.csv")
    assert len(rows) == len(NAMES) ** 2
    counts = {(row["actual"], row["predicted"]): int(row["pixels"]) for row in rows}
    assert sum(counts.values()) == len(TARGETS)
    assert counts["wheat", "wheat"] == 2
    assert counts["wheat", "fallow"] == 1
    assert counts["fallow", "wheat"] == 0


def test_of_many_classes_the_confusion_table_has_the_pairs_with_pixels(tmp_path):
    names = tuple(f"class {number}" for number in range(MANY + 1))
    answers = np.full((len(TARGETS), len(names)), 0.01, np.float32)
    answers[range(5), [0, 0, 40, 1, 1]] = 0.6
    result = scores(TARGETS, answers.argmax(1), names) | calibration(answers, TARGETS)
    write_evaluation(tmp_path, TARGETS, answers, result, names)
    assert [tuple(row.values()) for row in table(tmp_path / "confusion.csv")] == [
        ("class 0", "class 0", "2"),
        ("class 0", "class 40", "1"),
        ("class 1", "class 1", "2"),
    ]
    assert len(table(tmp_path / "per_class.csv")) == len(names)


def test_a_score_that_is_undefined_is_an_empty_cell(folder):
    rows = {row["class"]: row for row in table(folder / "per_class.csv")}
    assert list(rows) == list(NAMES)
    assert float(rows["wheat"]["recall"]) == pytest.approx(2 / 3)
    assert rows["never tested"]["recall"] == ""


def test_the_curves_are_those_of_the_answers(folder):
    assert sum(int(row["pixels"]) for row in table(folder / "reliability.csv")) == len(TARGETS)
    curve = table(folder / "coverage.csv")
    assert float(curve[-1]["accuracy"]) == pytest.approx(4 / 5)


def test_accuracy_by_distance_is_a_table_and_a_picture(tmp_path):
    rows = [
        {"from": 1.0, "below": 2.0, "pixels": 40, "accuracy": 0.9, "floor": 0.8},
        {"from": 2.0, "below": 4.0, "pixels": 60, "accuracy": 0.7, "floor": 0.4},
    ]
    write_by_distance(tmp_path, rows)
    assert [float(row["accuracy"]) for row in table(tmp_path / "distance.csv")] == [0.9, 0.7]
    assert (tmp_path / "distance.png").stat().st_size > 5000
