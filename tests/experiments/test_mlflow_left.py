import subprocess
import sys
from pathlib import Path

import pytest
from fake_mlflow import FakeClient, install

from experiments import mlflow_left, tracking
from experiments.mlflow_left import another_dvc_works, is_nowhere, origin
from hsi.config import load_params
from hsi.files import md5


@pytest.fixture
def client(monkeypatch, tmp_path) -> FakeClient:
    """A store, data files, a repository with one commit, and an experiment that runs."""
    fake = install(monkeypatch, tmp_path)
    for name in ("DVC_EXP_BASELINE_REV", "HSI_ROOT"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    person = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    commit = ["git", *person, "commit", "-q", "--allow-empty", "-m", "start"]
    subprocess.run(commit, cwd=root, check=True)
    monkeypatch.setenv("DVC_ROOT", str(root))
    monkeypatch.setenv("DVC_EXP_NAME", "killed")
    return fake


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    """A model and the history of its training."""
    model, history = tmp_path / "model.safetensors", tmp_path / "history.csv"
    model.write_bytes(b"weights")
    history.write_text("epoch,loss,rate\n1,2.5,0.1\n2,1.5,0.05\n")
    return model, history


def die(client):
    """Let the process of every run be dead."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    for run in client.runs.values():
        host, _, begun = run.tags["hsi.process"].split()
        run.tags["hsi.process"] = f"{host} {ended.pid} {begun}"


def test_a_training_killed_before_its_first_checkpoint_has_one_run(client, monkeypatch):
    first = tracking.start(load_params(), None)
    client.runs[first.id].params.clear()  # it was killed between the run and its parameters
    die(client)
    monkeypatch.setenv("DVC_EXP_NAME", "again")
    run = tracking.start(load_params(), None)
    assert run.id == first.id
    kept = client.runs[run.id]
    assert kept.tags["dvc.exp_name"] == "again"
    assert kept.name.endswith("again")
    assert kept.tags["hsi.process"] == origin()["hsi.process"]
    assert kept.params["model.name"] == "hybridsn"
    assert kept.status == "RUNNING"


@pytest.mark.parametrize("other", ["alive", "epochs", "params", "data.cube_md5", "hsi.repository"])
def test_no_run_is_taken_over_that_may_be_anothers(client, other):
    first = tracking.start(load_params(), None)
    if other != "alive":
        die(client)
    if other == "epochs":
        first.log_curve([{"epoch": 1, "loss": 1.0}])
    elif other == "params":
        client.runs[first.id].params["train.seed"] = "7"
    elif other != "alive":
        client.runs[first.id].tags[other] = "another"
    assert tracking.start(load_params(), None).id != first.id
    assert client.runs[first.id].status == ("RUNNING" if other == "alive" else "KILLED")


def test_a_resumed_training_has_the_name_of_the_experiment_that_resumes_it(client, monkeypatch):
    first = tracking.start(load_params(), None)
    first.log_curve([{"epoch": 1, "loss": 1.0}])
    die(client)
    monkeypatch.setenv("DVC_EXP_NAME", "again")
    run = tracking.start(load_params(), first.id)
    assert (run.id, run.last_epoch) == (first.id, 1)
    assert client.runs[run.id].tags["dvc.exp_name"] == "again"


def ended_training(client, model):
    run = tracking.start(load_params(), None)
    run.log_curve([{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 1.5}])
    run.log(tags={"model_md5": md5(model)})
    run.finish()
    return run


def test_the_run_of_an_experiment_that_was_killed_after_its_training_is_taken_over(
    client, files, monkeypatch
):
    first = ended_training(client, files[0])
    die(client)
    monkeypatch.setenv("DVC_EXP_NAME", "again")
    run = tracking.of_model(load_params(), *files)
    assert run.id == first.id
    assert client.runs[run.id].tags["dvc.exp_name"] == "again"
    assert client.runs[run.id].status == "FINISHED"
    assert client.curve(run.id, "loss") == [(1, 2.5), (2, 1.5)], "each epoch once"


@pytest.mark.parametrize("why", ["it is in git", "a DVC works", "a study"])
def test_the_run_of_an_experiment_that_is_or_may_come_into_git_is_left(
    client, files, monkeypatch, tmp_path, why
):
    first = ended_training(client, files[0])
    die(client)
    if why == "it is in git":
        ref = ["git", "update-ref", "refs/exps/ab/cdef/killed", "HEAD"]
        subprocess.run(ref, cwd=tmp_path / "repository", check=True)
    elif why == "a DVC works":
        monkeypatch.setattr(mlflow_left, "another_dvc_works", lambda: True)
    else:
        monkeypatch.setenv("HSI_ROOT", str(tmp_path / "repository"))
    monkeypatch.setenv("DVC_EXP_NAME", "again")
    run = tracking.of_model(load_params(), *files)
    assert run.id != first.id
    assert client.runs[run.id].tags["dvc.restored_from"] == first.id


def test_a_restored_run_that_was_killed_half_made_gets_its_end(client, files):
    run = tracking.of_model(load_params(), *files)
    client.runs[run.id].status = "RUNNING"
    client.runs[run.id].metrics = [
        each for each in client.runs[run.id].metrics if each.key != "loss"
    ]
    die(client)
    again = tracking.of_model(load_params(), *files)
    assert again.id == run.id
    assert client.runs[run.id].status == "FINISHED"
    assert client.curve(run.id, "loss") == [(1, 2.5), (2, 1.5)]


def test_another_dvc_in_the_repository_is_noticed(client, tmp_path):
    root = tmp_path / "repository"
    assert not another_dvc_works()
    fake = root / "dvc"
    fake.write_text("import time; print(1, flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, fake], cwd=root, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert another_dvc_works()
        process.kill()
    assert not another_dvc_works()


def test_a_result_of_the_workspace_is_no_lost_experiment(client, monkeypatch):
    kept = client.runs[tracking.start(load_params(), None).id]
    kept.data = kept
    monkeypatch.setenv("DVC_EXP_NAME", "again")
    assert is_nowhere(kept)
    kept.tags["dvc.exp_name"] = "workspace"
    assert not is_nowhere(kept)
