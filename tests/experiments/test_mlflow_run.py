import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from fake_mlflow import FakeClient

from experiments import mlflow_run
from experiments.mlflow_run import Run
from hsi.files import write


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
    run.log_folder(lambda folder: write(folder / "MLmodel", b"model"), "model")
    run.finish()
    (kept,) = client.runs.values()
    assert client.curve(run.id, "oa") == [(0, 0.9)]
    assert kept.tags == {"leak": "none"}
    assert kept.params == {"model.name": "svm", "split.train": "0.1"}
    assert kept.files == [("map.png", None), ("config.json", "classifier"), ("MLmodel", "model")]
    assert kept.status == "FINISHED"


def test_a_failure_is_one_line_without_the_password_of_the_address(capsys):
    def connect(run: Run) -> None:
        raise ConnectionError("nobody answers at\nhttp://ann:secret@host:5000/api")

    Run(connect).log({"oa": 0.9})
    told = "warning: not tracked in MLflow: nobody answers at http://host:5000/api\n"
    assert capsys.readouterr().err == told


def test_a_curve_has_every_row_at_its_epoch():
    run, client = connected()
    run.log_curve([{"epoch": 1.0, "loss": 2.5, "rate": 0.1}, {"epoch": 2, "loss": 1.5, "rate": 0}])
    assert client.curve(run.id, "loss") == [(1, 2.5), (2, 1.5)]
    assert client.curve(run.id, "rate") == [(1, 0.1), (2, 0)]
    assert not client.curve(run.id, "epoch")


def test_epochs_that_the_run_has_are_not_sent_again():
    run, client = connected()
    run.last_epoch = 1
    rows = [{"epoch": epoch, "loss": float(epoch)} for epoch in (1, 2, 3)]
    run.log_curve(rows[:2])
    run.log_curve(rows)
    run.log_curve(rows)
    assert client.curve(run.id, "loss") == [(2, 2.0), (3, 3.0)]


def test_many_numbers_are_sent_in_batches_that_a_server_takes():
    run, client = connected()
    run.log_curve({"epoch": epoch, "loss": 0.5} for epoch in range(1, 2501))
    assert client.batches == [1000, 1000, 500]
    assert len(client.curve(run.id, "loss")) == 2500
    run.log(params={f"p{n}": n for n in range(250)}, tags={f"t{n}": "x" for n in range(101)})
    assert client.batches[3:] == [100, 1, 100, 100, 50]


def test_long_values_are_cut():
    run, client = connected()
    run.log(params={"names": "x" * 7000, "short": "y" * 5000}, tags={"note": "x" * 9000})
    kept = client.runs[run.id]
    assert len(kept.params["names"]) == len(kept.tags["note"]) == 5000
    assert kept.params["names"].endswith("x…")
    assert kept.params["short"] == "y" * 5000


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
    assert len(warning) < 550


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


def test_a_server_that_never_ends_its_answer_costs_one_deadline(monkeypatch, capsys):
    monkeypatch.setattr(mlflow_run, "DEADLINE", 0.2)
    run, client = connected()
    answered = threading.Event()
    monkeypatch.setattr(client, "log_batch", lambda *args, **kwargs: answered.wait(60))
    begun = time.monotonic()
    run.log({"oa": 0.9})
    run.log_curve([{"epoch": 1, "loss": 1.0}])
    run.finish()
    assert time.monotonic() - begun < 5
    answered.set()
    warning = "warning: not tracked in MLflow: its server has not answered within 0.2 s\n"
    assert capsys.readouterr().err == warning


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "FINISHED"),
        (KeyboardInterrupt(), "KILLED"),
        (ValueError("x"), "FAILED"),
        (ZeroDivisionError(), "FAILED"),
        (MemoryError(), "FAILED"),
        (SystemExit(1), "FAILED"),
    ],
)
def test_a_run_ends_as_its_training_does(error, status):
    run, client = connected()
    with suppress(BaseException), run:
        if error:
            raise error
    assert client.runs[run.id].status == status
