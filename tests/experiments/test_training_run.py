from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_mlflow import FakeClient

from experiments import training_run
from experiments.mlflow_run import Run
from experiments.training_run import NOTHING, resumable, run_training
from hsi.training import checkpoint
from hsi.training.loop import Epoch


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def log(client) -> Run:
    run_id = client.create_run("scene", {}, "a run").info.run_id

    def connect(run: Run) -> None:
        run.client, run.id = client, run_id

    return Run(connect)


@pytest.fixture
def scratch(tmp_path) -> Path:
    return tmp_path / "scratch" / "state.pt"


def epochs(first: int, last: int, error: BaseException | None = None) -> Iterator[Epoch]:
    """Epochs whose loss is their number, and an error after the last."""
    for number in range(first, last + 1):
        yield Epoch(number, float(number), 0.1, {"epoch": number})
    if error is not None:
        raise error


def at_every_epoch(monkeypatch) -> None:
    """Write a checkpoint after every epoch."""
    monkeypatch.setattr(training_run, "SECONDS_BETWEEN_CHECKPOINTS", -1)


def test_a_short_training_returns_its_history_and_keeps_its_last_state(log, client, scratch):
    history, seconds = run_training(epochs(1, 3), 3, NOTHING, log, scratch)
    assert history == [{"epoch": n, "loss": float(n), "rate": 0.1} for n in (1, 2, 3)]
    assert 0 <= seconds < 5
    assert client.curve(log.id, "loss") == []
    state = resumable(scratch, "cpu")
    assert state["fit"] == {"epoch": 3}
    assert run_training(epochs(4, 3), 3, state, log, scratch)[0] == history, "no epoch is computed"


def test_epochs_are_sent_once_a_checkpoint_keeps_them(log, client, scratch, monkeypatch):
    at_every_epoch(monkeypatch)
    run_training(epochs(1, 3), 4, NOTHING, log, scratch)
    assert client.curve(log.id, "loss") == [(1, 1.0), (2, 2.0), (3, 3.0)]
    state = checkpoint.load(scratch, "cpu")
    assert state["fit"] == {"epoch": 3}
    assert [row["epoch"] for row in state["history"]] == [1, 2, 3]
    assert state["run"] == log.id


def test_a_resumed_training_has_the_whole_history(log, scratch):
    before = [{"epoch": n, "loss": float(n), "rate": 0.1} for n in (1, 2)]
    done = {"fit": {"epoch": 2}, "history": before, "seconds": 100.0, "run": log.id}
    history, seconds = run_training(epochs(3, 4), 4, done, log, scratch)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert 100 <= seconds < 105
    assert len(before) == 2, "the checkpoint is not changed"


def test_a_training_that_fails_is_marked_and_never_resumed(log, client, scratch, monkeypatch):
    at_every_epoch(monkeypatch)
    broken = epochs(1, 2, ValueError("the loss became nan"))
    with pytest.raises(ValueError, match="the loss became nan"), log:
        run_training(broken, 3, NOTHING, log, scratch)
    assert client.runs[log.id].status == "FAILED"
    assert not scratch.exists()


def test_a_training_that_is_interrupted_is_marked_and_keeps_its_checkpoint(
    log, client, scratch, monkeypatch
):
    at_every_epoch(monkeypatch)
    with pytest.raises(KeyboardInterrupt), log:
        run_training(epochs(1, 2, KeyboardInterrupt()), 3, NOTHING, log, scratch)
    assert client.runs[log.id].status == "KILLED"
    assert checkpoint.load(scratch, "cpu")["fit"] == {"epoch": 2}


def test_a_full_disk_is_a_warning_and_the_training_goes_on(log, scratch, monkeypatch, capsys):
    at_every_epoch(monkeypatch)
    scratch.parent.touch()  # a file in the place of the folder
    history, _ = run_training(epochs(1, 2), 2, NOTHING, log, scratch)
    assert len(history) == 2
    assert capsys.readouterr().err.count("warning: no checkpoint, ") == 2


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), MemoryError(), OSError("x"), ZeroDivisionError(), SystemExit(1)]
)
def test_any_other_failure_ends_the_run_and_keeps_the_checkpoint(
    log, client, scratch, monkeypatch, error
):
    at_every_epoch(monkeypatch)
    with pytest.raises(type(error)), log:
        run_training(epochs(1, 2, error), 3, NOTHING, log, scratch)
    assert client.runs[log.id].status == "FAILED"
    assert scratch.exists()


def test_a_checkpoint_that_cannot_be_used_starts_the_training_afresh(scratch, capsys):
    assert resumable(scratch, "cpu") is NOTHING
    checkpoint.save(scratch, {**NOTHING, "seconds": 7.0})
    assert resumable(scratch, "cpu")["seconds"] == 7.0
    whole = bytearray(scratch.read_bytes())
    whole[len(whole) // 2] ^= 1
    checkpoint.save(scratch, {"another": "layout"})
    other = scratch.read_bytes()
    assert capsys.readouterr().err == ""
    for content in (bytes(whole), other, b"", b"half a che"):
        scratch.write_bytes(content)
        assert resumable(scratch, "cpu") is NOTHING
        warning = capsys.readouterr().err
        assert str(scratch) in warning
        assert warning.endswith("; the training starts afresh\n")
        assert not scratch.exists()
