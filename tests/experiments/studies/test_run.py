"""A study's runs: what is missing is run, and what ends is recorded."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from experiments.studies import run
from experiments.studies.plan import RunId
from experiments.studies.record import LEAK, PAIRS, RUNS, read_record, run_of
from hsi.cube.pixels import TEST, TRAIN


@pytest.fixture
def pretended(monkeypatch):
    """DVC, pretended: experiments end well, unless `failing` names their variant."""

    class Pretended:
        def __init__(self) -> None:
            self.executed: list[str] = []
            self.finished: set[str] = set()
            self.failing = ""

    dvc = Pretended()

    def run_experiments(cluster, commit, planned):
        assert (cluster, commit) == ("local:2", "c0ffee1" + 33 * "0")
        for experiment in reversed(planned):  # they end in any order
            dvc.executed.append(experiment)
            failed = dvc.failing and f"-{dvc.failing}-" in experiment
            yield experiment, "it broke" if failed else ""

    def queue_experiments(planned):
        dvc.executed += planned
        yield from ()

    def line_of(run_id, experiment, scored_on):
        return {**run_id._asdict(), "oa": 0.5, "experiment": experiment}

    monkeypatch.setattr(run, "run_experiments", run_experiments)
    monkeypatch.setattr(run, "queue_experiments", queue_experiments)
    monkeypatch.setattr(run, "line_of", line_of)
    monkeypatch.setattr(run, "finished", lambda: dvc.finished)
    monkeypatch.setattr(run, "commit", lambda: "c0ffee1" + 33 * "0")
    monkeypatch.setattr(run, "refuse_uncommitted", lambda: None)
    return dvc


def test_what_is_missing_is_run_and_recorded_in_the_order_of_the_plan(planned, folder, pretended):
    study = planned(seeds=[1, 2])
    assert run.run_missing(study, folder, "local:2") == []
    assert [run_of(row) for row in read_record(folder / RUNS)] == study.runs()
    assert len(pretended.executed) == 8
    assert "mine-blocks-plain-1-c0ffee1" in pretended.executed


def test_what_is_recorded_is_not_run_again_whatever_commit_it_is_of(planned, folder, pretended):
    study = planned(seeds=[1])
    run.run_missing(study, folder, "local:2")
    before = (folder / RUNS).read_bytes()
    pretended.executed.clear()
    run.run_missing(study, folder, "local:2")
    assert pretended.executed == []
    assert (folder / RUNS).read_bytes() == before
    run.run_missing(planned(seeds=[1, 2]), folder, "local:2")
    assert len(pretended.executed) == 4
    assert (folder / RUNS).read_bytes().startswith(before)


def test_what_dvc_has_is_recorded_without_a_run(planned, folder, pretended):
    study = planned(seeds=[1])
    pretended.finished = {run.experiment_name("mine", each) for each in study.runs()}
    run.run_missing(study, folder, "local:2")
    assert pretended.executed == []
    assert len(read_record(folder / RUNS)) == 4


def test_a_run_that_fails_is_reported_and_the_others_are_recorded(planned, folder, pretended):
    pretended.failing = "se"
    failures = run.run_missing(planned(seeds=[1]), folder, "local:2")
    assert sorted(failures) == [
        "mine-blocks-se-1-c0ffee1: it broke",
        "mine-random-se-1-c0ffee1: it broke",
    ]
    assert [row["variant"] for row in read_record(folder / RUNS)] == ["plain", "plain"]


def test_what_is_only_queued_is_recorded_when_it_has_ended(planned, folder, pretended):
    study = planned(seeds=[1])
    run.run_missing(study, folder, None)
    assert len(pretended.executed) == 4
    assert read_record(folder / RUNS) == []
    pretended.finished = set(pretended.executed)
    run.run_missing(study, folder, None)
    assert len(pretended.executed) == len(read_record(folder / RUNS)) == 4


def test_a_name_holds_only_what_git_takes(pretended):
    name = run.experiment_name("mine", RunId("random 10%", "a/b~c", 3))
    assert name == "mine-random-10--a-b-c-3-c0ffee1"


def test_what_dvc_refuses_to_queue_is_reported(monkeypatch):
    asked = []

    def refuse(command, **options):
        asked.append(command)
        full = len(asked) == 2
        return subprocess.CompletedProcess(command, 255 if full else 0, "", "ERROR: no\n  space\n")

    monkeypatch.setattr(run.subprocess, "run", refuse)
    planned = {"one": ["train.seed=1", "train.epochs=2"], "two": []}
    assert list(run.queue_experiments(planned)) == [("two", "ERROR: no space")]
    assert asked[0][:6] == ["dvc", "exp", "run", "--queue", "-n", "one"]
    assert asked[0][6:] == ["-S", "train.seed=1", "-S", "train.epochs=2", "evaluate"]


def test_a_file_of_an_experiment_is_read_from_git(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run.git(Path(), "init", "--quiet")
    (tmp_path / "scores.json").write_text('{"oa": 0.5}')
    run.git(Path(), "add", ".")
    run.git(Path(), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
    head = run.commit()
    run.git(Path(), "update-ref", f"refs/exps/{head[:2]}/{head[2:]}/mine", head)
    (tmp_path / "scores.json").write_text("changed since")
    assert run.json_of("mine", "scores.json") == {"oa": 0.5}
    assert run.finished() == {"mine"}
    run.git(Path(), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "two")
    assert run.finished() == set()


def test_uncommitted_code_or_parameters_are_refused_and_other_changes_are_not(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for command in (
        "init -q",
        "config user.name tester",
        "config user.email tester@example.org",
    ):
        subprocess.run(["git", *command.split()], check=True)
    for name in ("params.yaml", "notes.md"):
        (tmp_path / name).write_text("before\n")
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "commit", "-qm", "start"], check=True)
    (tmp_path / "notes.md").write_text("after\n")
    run.refuse_uncommitted()
    (tmp_path / "params.yaml").write_text("after\n")
    with pytest.raises(ValueError, match=r"differs from the working tree in params.yaml; commit"):
        run.refuse_uncommitted()


FILES = {
    "metrics/evaluate.json": {
        **{key: 0.12345678 for key in ("oa", "aa", "kappa", "floor_oa", "floor_aa", "floor_kappa")},
        "parameters": 7,
        "regime": "inductive",
        "per_class": {"wheat": {"recall": 0.5}, "fallow": {"recall": None}},
    },
    "metrics/split.json": {"train": 10, "validation": 0, "test": 90, LEAK: 1.0},
}


@pytest.mark.parametrize("seconds", [12.34, None])
def test_a_line_has_scores_costs_recalls_and_where_they_come_from(monkeypatch, seconds):
    monkeypatch.setattr(run, "json_of", lambda experiment, path: FILES[path])
    monkeypatch.setattr(run, "text_of", lambda experiment, path: "scene: {name: salinas}")
    metrics = {} if seconds is None else {"train_seconds": seconds}
    monkeypatch.setattr(
        run.tracking, "metrics_of", lambda scene, experiment: {"salinas": metrics}[scene]
    )
    row = run.line_of(RunId("random", "se", 3), "x", "test")
    assert (row["oa"], row["test"], row[LEAK], row["parameters"]) == (0.123457, 90, 1.0, 7)
    assert row["train_seconds"] == ("" if seconds is None else 12.3)
    assert (row["recall wheat"], row["recall fallow"]) == (0.5, "")
    assert (row["experiment"], len(row["commit"])) == ("x", 7)
    assert row["regime"] == "inductive"
    assert "validation_oa" not in row
    validated = FILES["metrics/evaluate.json"] | {"validation_oa": 0.2}
    monkeypatch.setattr(
        run,
        "json_of",
        lambda experiment, path: (FILES | {"metrics/evaluate.json": validated})[path],
    )
    assert run.line_of(RunId("random", "se", 3), "x", "test") == row | {"validation_oa": 0.2}
    chosen_by = run.line_of(RunId("random", "se", 3), "x", "validation")
    assert chosen_by["validation_oa"] == 0.2
    tested = ("oa", "aa", "kappa", "floor", "recall")
    assert not [key for key in chosen_by if key.startswith(tested)]


def test_a_tracking_server_that_is_down_costs_only_the_training_time(monkeypatch, capsys):
    def down(scene, experiment):
        raise ConnectionError("nobody there")

    monkeypatch.setattr(run.tracking, "metrics_of", down)
    monkeypatch.setattr(run, "text_of", lambda experiment, path: "scene: {name: salinas}")
    assert run.training_seconds("x") == ""
    assert "warning: no training time from MLflow: nobody there" in capsys.readouterr().err


ANSWERS = {
    "a": [[0.1, 0.9], [0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.9, 0.1], [0.8, 0.2]],
    "b": [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.8, 0.2], [0.1, 0.9]],
}
# Row, column, class and side of each; the first trains.
PIXELS = [[0, 0, 0, TRAIN], *([0, 1, target, TEST] for target in (0, 0, 1, 1, 1))]


def array_of(experiment, path):
    if experiment not in ANSWERS:
        raise KeyError(experiment)
    if path == "data/split/pixels.npy":
        return np.array(PIXELS)
    assert path == "data/inference/probability.npy"
    return np.array(ANSWERS[experiment], np.float32)


def test_a_pair_counts_test_pixels_by_who_is_right(monkeypatch):
    monkeypatch.setattr(run, "array_of", array_of)
    first, second = (
        {"split": "random", "seed": "1", "variant": name, "experiment": name} for name in "ab"
    )
    assert run.pair_of(first, second) == {
        "split": "random", "seed": "1", "first": "a", "second": "b",
        "both": 2, "only_first": 1, "only_second": 1, "neither": 1,
    }  # fmt: skip


def pairs_of(folder) -> list[tuple[str, str]]:
    return [(row["split"], row["seed"]) for row in read_record(folder / PAIRS)]


def test_pairs_are_recorded_once_and_those_without_answers_are_left_out(
    planned, folder, recorded, monkeypatch, capsys
):
    monkeypatch.setattr(run, "array_of", array_of)
    study = planned(seeds=[1, 2])
    rows = recorded([1, 2], 0.05)
    (folder / PAIRS).unlink()
    for row in rows:
        row["experiment"] = "gone" if row["seed"] == 2 else "b"
    run.write_record(folder / RUNS, rows)
    run.record_pairs(study, folder)
    assert pairs_of(folder) == [("blocks", "1"), ("random", "1")]
    assert "warning: 2 pairs not counted" in capsys.readouterr().err
    before = (folder / PAIRS).read_bytes()
    run.record_pairs(study, folder)
    assert (folder / PAIRS).read_bytes() == before


def test_a_study_of_validation_pixels_counts_no_test_pixels(planned, folder, recorded):
    study = planned(scored_on="validation", always=["split.validation=0.1"])
    recorded(study.seeds, 0.05)
    (folder / PAIRS).unlink()
    run.record_pairs(study, folder)
    assert not (folder / PAIRS).exists()


def test_mlflow_gets_mean_scores_of_what_was_recorded(planned, folder, recorded, monkeypatch):
    told = []
    monkeypatch.setattr(run.tracking, "group", lambda *arguments: told.append(arguments))
    planned()
    rows = [row | {"kappa": "", "validation_aa": 0.75} for row in recorded([1, 2], 0.05)]
    for row in rows:
        row["variant"] = {"plain": "1/2, plain", "se": "se"}[str(row["variant"])]
    run.write_record(folder / RUNS, rows)
    run.log_to_mlflow(folder)
    ((_, title, experiments, means, files),) = told
    assert (title, experiments) == ("mine", ["e"] * 8)
    assert means["floor_oa/blocks/se"] == pytest.approx(0.6)
    assert means["validation_aa/blocks/se"] == 0.75
    assert "oa/blocks/1_2_ plain" in means, "MLflow refuses a comma, and a slash makes a group"
    assert not any(key.startswith("kappa") for key in means)
    assert {path.name for path in files} == {"study.yaml", RUNS, PAIRS}
