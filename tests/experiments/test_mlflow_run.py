from pathlib import Path

import mlflow
import pytest
from fake_mlflow import FakeClient

from experiments.mlflow_run import Run, metrics_at, open_store, root


def connected() -> tuple[Run, FakeClient]:
    """A run in a store of its own."""
    client = FakeClient()
    run_id = client.create_run("scene", {}, "a run").info.run_id

    def connect(run: Run) -> None:
        run.client, run.id = client, run_id

    return Run(connect), client


def test_what_is_logged_is_in_the_run():
    run, client = connected()
    run.log({"oa": 0.9}, {"leak": "none"}, {"model.name": "svm", "split.train": 0.1})
    run.log_files([Path("metrics/map.png")])
    run.log_files([Path("data/classifier/config.json")], "classifier")
    run.finish()
    (kept,) = client.runs.values()
    assert client.curve(run.id, "oa") == [(0, 0.9)]
    assert kept.tags == {"leak": "none"}
    assert kept.params == {"model.name": "svm", "split.train": "0.1"}
    assert kept.files == [("map.png", None), ("config.json", "classifier")]
    assert kept.status == "FINISHED"


def test_a_curve_has_every_row_at_its_epoch():
    run, client = connected()
    run.log_curve([{"epoch": 1.0, "loss": 2.5, "rate": 0.1}, {"epoch": 2, "loss": 1.5, "rate": 0}])
    assert client.curve(run.id, "loss") == [(1, 2.5), (2, 1.5)]
    assert client.curve(run.id, "rate") == [(1, 0.1), (2, 0)]
    assert not client.curve(run.id, "epoch")


def test_many_numbers_are_sent_a_thousand_at_a_time():
    run, client = connected()
    run.log_curve({"epoch": epoch, "loss": 0.5} for epoch in range(2500))
    assert client.batches == [1000, 1000, 500, 0]
    assert len(client.curve(run.id, "loss")) == 2500


def test_names_have_only_characters_that_mlflow_takes():
    names = [metric.key for metric in metrics_at({"recall/Gras (wet), 3": 1.0, "oa": 2}, 7)]
    assert names == ["recall/Gras _wet__ 3", "oa"]


def test_after_the_first_failure_one_line_warns_and_nothing_is_tried(capsys):
    tried = []

    def connect(run: Run) -> None:
        tried.append(run)
        raise ConnectionError("the server\nis down " + "." * 1000)

    run = Run(connect)
    run.log({"oa": 0.9})
    run.log_curve([{"epoch": 1, "loss": 1.0}])
    run.log_files([Path("a")])
    run.finish()
    assert len(tried) == 1
    assert run.id is None
    warning = capsys.readouterr().err
    assert warning.startswith("warning: not tracked in MLflow: the server is down ..")
    assert len(warning.splitlines()) == 1
    assert len(warning) < 250


def test_a_server_that_fails_halfway_is_a_warning_too(capsys, monkeypatch):
    run, client = connected()
    monkeypatch.setattr(client, "log_artifact", lambda *arguments: 1 / 0)
    run.log({"oa": 0.9})
    run.log_files([Path("a"), Path("b")])
    run.log({"aa": 0.8})
    run.finish()
    assert capsys.readouterr().err.count("warning: not tracked in MLflow") == 1
    assert client.curve(run.id, "aa") == []
    assert client.runs[run.id].status == "RUNNING"


@pytest.fixture
def store(monkeypatch) -> dict[str, FakeClient]:
    """MLflow with clients that last, by their address."""
    clients: dict[str, FakeClient] = {}

    def client(address: str) -> FakeClient:
        return clients.setdefault(address, FakeClient(address))

    monkeypatch.setattr(mlflow, "MlflowClient", client)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return clients


def test_the_store_is_in_the_repository_of_the_user_and_is_found_again(
    store, tmp_path, monkeypatch
):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))  # as in the copy that a queued experiment runs in
    client, number = open_store("salinas")
    assert client.address == f"sqlite:///{tmp_path}/.mlflow/mlflow.db"
    assert client.experiments == {"salinas": f"file://{tmp_path}/.mlflow/artifacts/salinas"}
    assert open_store("salinas") == (client, number)
    assert open_store("pavia_university")[1] != number


def test_an_address_that_is_set_is_used_and_decides_where_artifacts_are(
    store, tmp_path, monkeypatch
):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    client, _ = open_store("salinas")
    assert client.address == "http://127.0.0.1:5000"
    assert client.experiments == {"salinas": None}
    assert not list(tmp_path.iterdir())


def test_an_experiment_that_another_process_creates_meanwhile_is_used(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    client, number = open_store("salinas")
    answers = iter([None, client.get_experiment_by_name("salinas")])
    monkeypatch.setattr(client, "get_experiment_by_name", lambda name: next(answers))
    assert open_store("salinas") == (client, number)


def test_the_root_is_where_dvc_says_or_here(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert root() == tmp_path
    monkeypatch.delenv("DVC_ROOT")
    assert root() == Path.cwd()
