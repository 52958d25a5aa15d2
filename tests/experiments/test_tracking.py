import subprocess
from pathlib import Path

import pytest
from fake_mlflow import FakeClient

import hsi
from experiments import tracking
from experiments.mlflow_run import Run
from hsi.config import Params, load_params
from hsi.files import md5


@pytest.fixture
def client(monkeypatch, tmp_path) -> FakeClient:
    """A store, data files, and no DVC experiment that is running."""
    fake = FakeClient()
    monkeypatch.setattr(tracking, "open_store", lambda experiment: (fake, experiment))
    data = {"cube": tmp_path / "cube.npy", "pixels": tmp_path / "pixels.npy"}
    for name, path in data.items():
        path.write_text(name)
    monkeypatch.setattr(tracking, "DATA", data)
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


def changed(**model: object) -> Params:
    params = load_params()
    return params.model_copy(update={"model": params.model.model_copy(update=model)})


def trained(client: FakeClient, model: Path) -> Run:
    """The run of a training that has ended."""
    run = tracking.start(load_params(), None)
    run.log({"train_seconds": 12.0}, {"model_md5": md5(model)})
    run.finish()
    return run


def test_a_run_of_the_workspace_leads_back_to_its_commit_and_data(client, tmp_path):
    run = tracking.start(load_params(), None)
    kept = client.runs[run.id]
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    commit = head.stdout.strip()
    assert kept.experiment == "indian_pines"
    assert kept.name == f"hybridsn-none-{commit[:7]}"
    assert kept.tags["dvc.baseline_rev"] == commit
    assert kept.tags["dvc.exp_name"] == "workspace"
    assert kept.tags["data.cube_md5"] == md5(tmp_path / "cube.npy")
    assert kept.tags["data.pixels_md5"] == md5(tmp_path / "pixels.npy")
    assert kept.tags["hsi.version"] == hsi.__version__
    assert kept.tags["mlflow.source.name"] == "dvc repro"
    assert "dvc exp apply" not in kept.tags["mlflow.note.content"]


def test_a_run_of_an_experiment_has_its_name_and_its_baseline(client, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "with-cbam")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "c0ffee")
    kept = client.runs[tracking.start(load_params(), None).id]
    assert kept.name == kept.tags["dvc.exp_name"] == "with-cbam"
    assert kept.tags["dvc.baseline_rev"] == "c0ffee"
    assert kept.tags["mlflow.source.name"] == "dvc exp run"
    assert "`dvc exp apply with-cbam`" in kept.tags["mlflow.note.content"]


def test_only_values_that_are_in_use_are_parameters_of_the_run(client):
    plain = client.runs[tracking.start(load_params(), None).id].params
    assert plain["model.attention"] == "none"
    assert plain["model.attention_at"] == "[]"
    assert plain["model.hybridsn.dropout"] == "0.4"
    assert plain["reduce.pca.whiten"] == "True"
    assert plain["train.scene.rate"] == "0.002"
    unused = ("scene.custom", "split.blocks", "split.file", "model.svm", "model.cbam",
              "model.cnn2d", "train.windows")  # fmt: skip
    assert not [key for key in plain if key.startswith(unused)]

    run = tracking.start(changed(name="cnn2d", attention="cbam", attention_at=None), None)
    other = client.runs[run.id].params
    assert other["model.attention_at"] == "['conv2d']", "the usual place is written out"
    assert other["model.cbam.kernel"] == "7"
    assert "model.hybridsn.dropout" not in other
    svm = client.runs[tracking.start(changed(name="svm"), None).id].params
    assert svm["model.svm.folds"] == "5"


def test_a_resumed_training_goes_on_in_its_run_unless_that_was_deleted(client):
    first = tracking.start(load_params(), None)
    first.finish("KILLED")
    again = tracking.start(load_params(), first.id)
    assert again.id == first.id
    assert client.runs[first.id].status == "RUNNING"
    client.runs[first.id].stage = "deleted"
    assert tracking.start(load_params(), first.id).id != first.id


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


def test_the_name_of_the_experiment_is_the_workspace_without_one(monkeypatch):
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    assert tracking.experiment_name() == "workspace"
    monkeypatch.setenv("DVC_EXP_NAME", "mine")
    assert tracking.experiment_name() == "mine"
