import subprocess
from pathlib import Path

import pytest
from fake_mlflow import FakeClient, install

from experiments import tracking
from experiments.mlflow_description import run_name, tags
from experiments.mlflow_left import origin, this_process
from experiments.mlflow_run import Run
from hsi.config import load_params
from hsi.files import md5


@pytest.fixture
def client(monkeypatch, tmp_path) -> FakeClient:
    """A store, data files, and no DVC experiment that is running."""
    fake = install(monkeypatch, tmp_path)
    for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)
    return fake


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def history(tmp_path) -> Path:
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss,rate\n1,2.5,0.1\n2,1.5,0.05\n")
    return path


def trained(client: FakeClient, model: Path) -> Run:
    """The run of a training that has ended."""
    run = tracking.start(load_params(), None)
    run.log({"train_seconds": 12.0}, {"model_md5": md5(model)})
    run.finish()
    return run


def test_a_run_has_the_name_the_tags_the_parameters_and_the_datasets_of_its_training(client):
    kept = client.runs[tracking.start(load_params(), None).id]
    assert kept.experiment == "indian_pines"
    assert kept.name == run_name(load_params())
    assert kept.tags == {**tags(), **origin()}
    assert kept.params["model.name"] == "hybridsn"
    assert kept.datasets.keys() == {"training", "test"}


def test_a_resumed_training_goes_on_in_its_run_unless_that_is_gone(client):
    first = tracking.start(load_params(), None)
    first.log_curve([{"epoch": epoch, "loss": 1.0} for epoch in (1, 2, 3)])
    first.finish("KILLED")
    again = tracking.start(load_params(), first.id)
    assert again.id == first.id
    assert again.last_epoch == 3
    assert client.runs[first.id].status == "RUNNING"
    client.runs[first.id].stage = "deleted"
    assert tracking.start(load_params(), first.id).id != first.id
    of_another_store = tracking.start(load_params(), "0123")
    assert of_another_store.id in client.runs
    assert of_another_store.last_epoch == 0


def test_open_runs_of_dead_processes_are_ended_by_the_next_training(client):
    ended = subprocess.Popen(["true"])
    ended.wait()
    host, number, begun = this_process().split()
    processes = {
        "dead": f"{host} {ended.pid} {begun}",
        "number used again": f"{host} {number} {float(begun) - 1000:.0f}",
        "to be resumed": f"{host} {ended.pid} {begun}",
        "alive": f"{host} {number} {begun}",
        "another machine": f"another-{host} {ended.pid} {begun}",
        "of an older version": None,
    }
    runs = {}
    for what, process in processes.items():
        known = {"hsi.process": process} if process else {}
        runs[what] = client.create_run("indian_pines", known, what).info.run_id
    tracking.start(load_params(), runs["to be resumed"])
    killed = {what for what, run_id in runs.items() if client.runs[run_id].status == "KILLED"}
    assert killed == {"dead", "number used again"}


def test_later_stages_find_the_run_that_trained_the_model(client, model, history):
    run = trained(client, model)
    found = tracking.of_model(load_params(), model, history)
    assert found.id == run.id
    assert len(client.runs) == 1
    assert client.curve(run.id, "loss") == [], "its history is there already, not replayed"


def test_a_model_from_the_cache_gets_a_run_with_the_history_of_its_training(
    client, model, history, monkeypatch
):
    origin = trained(client, model)
    monkeypatch.setenv("DVC_EXP_NAME", "again")
    run = tracking.of_model(load_params(), model, history)
    assert run.id != origin.id
    kept = client.runs[run.id]
    assert kept.tags["dvc.restored_from"] == origin.id
    assert kept.tags["model_md5"] == md5(model)
    assert client.curve(run.id, "loss") == [(1, 2.5), (2, 1.5)]
    assert client.curve(run.id, "train_seconds") == [(0, 12.0)]
    assert kept.status == "FINISHED"
    assert tracking.of_model(load_params(), model, history).id == run.id


def test_a_model_that_no_run_knows_comes_from_the_cache(client, model, history):
    kept = client.runs[tracking.of_model(load_params(), model, history).id]
    assert kept.tags["dvc.restored_from"] == "cache"
    assert "train_seconds" not in {metric.key for metric in kept.metrics}


def test_a_store_that_is_down_is_one_warning(client, model, history, monkeypatch, capsys):
    def down(experiment: str) -> None:
        raise ConnectionError("nobody answers")

    monkeypatch.setattr(tracking, "open_store", down)
    for run in (
        tracking.start(load_params(), None),
        tracking.of_model(load_params(), model, history),
    ):
        run.log({"oa": 1.0})
        run.finish()
    assert capsys.readouterr().err.count("not tracked in MLflow: nobody answers") == 2


def test_the_metrics_of_an_experiment_are_those_of_its_latest_run(client, monkeypatch):
    assert tracking.metrics_of("indian_pines", "mine") == {}
    monkeypatch.setenv("DVC_EXP_NAME", "mine")
    for oa in (0.5, 0.75):
        tracking.start(load_params(), None).log({"oa": oa})
    assert tracking.metrics_of("indian_pines", "mine") == {"oa": 0.75}
    assert tracking.metrics_of("indian_pines", "other") == {}


def test_runs_of_a_study_are_children_of_one_run_that_a_second_call_updates(
    client, monkeypatch, tmp_path
):
    children = {}
    for name in ("one", "two", "other"):
        monkeypatch.setenv("DVC_EXP_NAME", name)
        children[name] = tracking.start(load_params(), None).id
    report = tmp_path / "report.html"
    for oa in (0.5, 0.75):
        tracking.group("indian_pines", "mine", ["one", "two"], {"oa": oa}, [report])
    (parent,) = [run_id for run_id in client.runs if run_id not in children.values()]
    kept = client.runs[parent]
    assert kept.name == "study mine"
    assert client.curve(parent, "oa") == [(0, 0.5), (0, 0.75)]
    assert kept.files[-1] == ("report.html", None)
    assert kept.status == "FINISHED"
    parents = {name: client.runs[child].tags.get("mlflow.parentRunId") for name, child in
               children.items()}  # fmt: skip
    assert parents == {"one": parent, "two": parent, "other": None}
