"""Every labelled pixel is tested once: which experiments run, and how their answers are scored."""

import json

import numpy as np
import pytest

from experiments import folds
from hsi.cube.pixels import TEST, TRAIN, Pixels

NAMES = ("wheat", "fallow")
# Row, column, class and side of each pixel in two folds; the probabilities of both classes.
TABLES = [
    [[0, 0, 0, TEST], [0, 1, 0, TRAIN], [0, 5, 1, TRAIN], [0, 6, 1, TEST]],
    [[0, 0, 0, TRAIN], [0, 1, 0, TEST], [0, 5, 1, TEST], [0, 6, 1, TRAIN]],
]
ANSWERS = [
    [[0.9, 0.1], [0.5, 0.5], [0.5, 0.5], [0.6, 0.4]],
    [[0.5, 0.5], [0.7, 0.3], [0.2, 0.8], [0.5, 0.5]],
]


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The experiments that were started; the answers are those above."""
    started = []

    def array_of(experiment, path):
        fold = int(experiment.split("-")[1])
        kept = {"data/split/pixels.npy": TABLES, "data/inference/probability.npy": ANSWERS}[path]
        return np.array(kept[fold], np.int32 if "split" in path else np.float32)

    def run_experiments(cluster, commit, planned):
        started.extend(planned.items())
        yield from ((experiment, "") for experiment in planned)

    monkeypatch.setattr(folds, "array_of", array_of)
    monkeypatch.setattr(folds, "json_of", lambda experiment, path: {"regime": "inductive"})
    monkeypatch.setattr(folds, "run_experiments", run_experiments)
    monkeypatch.setattr(folds, "finished", set)
    monkeypatch.setattr(folds, "refuse_uncommitted", lambda: None)
    monkeypatch.setattr(folds, "commit", lambda: "c0ffee1" + 33 * "0")
    monkeypatch.setattr(folds, "RESULT", tmp_path / "folds.json")
    monkeypatch.setattr(folds.SceneInfo, "load", lambda path: type("", (), {"class_names": NAMES}))
    return started


def test_each_fold_is_an_experiment_and_all_answers_are_scored_together(ran, tmp_path, capsys):
    folds.main(["split.folds.count=2", "model.name=svm"])
    assert [name.split("-")[1] for name, _ in ran] == ["0", "1"]
    assert ran[1][1] == [
        *("split.folds.count=2", "model.name=svm"),
        *("split.method=folds", "split.folds.fold=1"),
    ]
    result = json.loads((tmp_path / "folds.json").read_text())
    assert (result["folds"], result["test"], result["oa"]) == (2, 4, 0.75)
    assert result["floor_oa"] == 1.0
    assert result["regime"] == "inductive"
    assert "OA 75.00%" in capsys.readouterr().out


def test_folds_that_have_run_are_not_run_again(ran, monkeypatch):
    changes = ["split.folds.count=2"]
    monkeypatch.setattr(folds, "finished", lambda: {folds.experiment_of(changes, 0)})
    folds.main(changes)
    assert [name for name, _ in ran] == [folds.experiment_of(changes, 1)]
    assert folds.experiment_of(["a=1"], 0) != folds.experiment_of(["a=2"], 0)


def test_the_floor_of_a_fold_copies_its_own_training_labels():
    pixels = [Pixels(*np.array(table).T) for table in TABLES]
    found = [(each.on(TEST), np.float32([[1, 0], [0, 1]]), np.array([1, 1])) for each in pixels]
    assert folds.pooled(found, NAMES)["floor_oa"] == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model.name", "may be key=value"),
        ("split.method=blocks", "of another key than the folds set"),
        ("split.folds.count=1", "may be a whole number of 2 or more"),
    ],
)
def test_a_change_that_cannot_be_is_one_line(ran, change, message):
    with pytest.raises(SystemExit, match=message):
        folds.main([change])
    assert not ran
