"""A study from end to end: two DVC experiments at a time, their record, report and MLflow runs."""

import csv
import sqlite3

import dvc.api
import pytest
import yaml

from experiments.studies import run
from experiments.studies.plan import RunId, Study

PLAN = {
    "about": "Is an average over the four quarter turns better?",
    "scored_on": "test",
    "seeds": [345],  # of params.yaml: only training and what follows has to run
    "always": ["train.epochs=1", "inference.turns=false"],
    "splits": {"random": []},
    "variants": {"plain": [], "turned": ["inference.turns=true"]},
    "compare": [["turned", "plain"]],
    "gaps": [],
}


@pytest.mark.slow
def test_a_study_runs_continues_and_is_one_run_with_children_in_mlflow(clone, monkeypatch):
    folder = clone.path / "docs/studies/mine"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(PLAN))
    clone.commit("a study")
    (clone.path / "README.md").write_text("Not code, so no reason to refuse.\n")
    command = ("python", "-m", "experiments.studies", "mine", "--jobs", "2")
    said = clone.run(*command, PYTHONPATH="src").stdout
    assert "report: docs/studies/mine/report.html" in said

    with (folder / "runs.csv").open() as file:
        plain, turned = csv.DictReader(file)
    assert run.run_of(plain) == RunId("random", "plain", 345)
    assert run.run_of(turned) == RunId("random", "turned", 345)
    assert float(plain["test_inside_training_windows"]) > 0.9
    assert float(plain["train_seconds"]) > 0
    with (folder / "pairs.csv").open() as file:
        (pair,) = csv.DictReader(file)
    counts = [int(pair[key]) for key in ("both", "only_first", "only_second", "neither")]
    assert sum(counts) == int(plain["test"])
    assert "turned against plain on random" in (folder / "README.md").read_text()

    store = sqlite3.connect(clone.path / ".mlflow/mlflow.db")
    (parent,) = store.execute("select run_uuid from tags where key='study'").fetchone()
    children = store.execute(
        "select count(*) from tags where key='mlflow.parentRunId' and value=?", [parent]
    )
    assert children.fetchone() == (2,)
    store.close()

    monkeypatch.chdir(clone.path)
    changed = yaml.safe_load(dvc.api.read("params.yaml", rev=turned["experiment"]))
    assert changed["inference"]["turns"]  # of two changes to one key, the later one holds
    before = (folder / "runs.csv").read_bytes()
    (folder / "runs.csv").unlink()  # DVC still has both runs
    with (clone.path / "params.yaml").open("a") as file:
        file.write("# Changed, but nothing has to be run.\n")
    seconds = {row["experiment"]: row["train_seconds"] for row in (plain, turned)}
    monkeypatch.setattr(run, "training_seconds", seconds.get)  # MLflow warns in this process
    assert run.run_missing(Study.model_validate(PLAN), folder, "local:1") == []
    assert (folder / "runs.csv").read_bytes() == before
