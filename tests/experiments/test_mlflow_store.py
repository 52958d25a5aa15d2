import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import mlflow
import pytest
from fake_mlflow import FakeClient
from mlflow.exceptions import MlflowException

from experiments.mlflow_store import address, open_store, without_password

# Of MLflow's own code, with a real database.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def here(monkeypatch, tmp_path) -> Path:
    """A repository that a person works in, while the stage runs in a copy elsewhere."""
    path = tmp_path / "my wörk"
    path.mkdir()
    monkeypatch.setenv("DVC_ROOT", str(path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return path


@pytest.fixture
def store(monkeypatch) -> dict[str, FakeClient]:
    """MLflow with clients that last, by their address."""
    clients: dict[str, FakeClient] = {}

    def client(address: str) -> FakeClient:
        return clients.setdefault(address, FakeClient(address))

    monkeypatch.setattr(mlflow, "MlflowClient", client)
    return clients


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    """A database as MLflow makes it, which takes seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{path}")
    return path


def one_run(experiment: str = "salinas") -> str:
    """Add a run to the store and return the address of its artifacts."""
    client, number = open_store(experiment)
    return client.create_run(number).info.artifact_uri


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, "sqlite:///{here}/.mlflow/mlflow.db"),
        ("sqlite:///mlflow.db", "sqlite:///{here}/mlflow.db"),
        ("sqlite:///deep/runs.db", "sqlite:///{here}/deep/runs.db"),
        ("sqlite:////srv/mlflow.db", "sqlite:////srv/mlflow.db"),
        ("mlruns", "{uri}/mlruns"),
        ("./mlruns", "{uri}/mlruns"),
        ("file:mlruns", "{uri}/mlruns"),
        ("/srv/mlruns", "file:///srv/mlruns"),
        ("file:///srv/mlruns", "file:///srv/mlruns"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("postgresql://me@db/mlflow", "postgresql://me@db/mlflow"),
        ("databricks", "databricks"),
    ],
)
def test_a_relative_address_means_the_repository_of_the_person(here, monkeypatch, given, meant):
    if given:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", given)
    assert address() == meant.format(here=here, uri=here.as_uri())


def test_the_store_is_in_the_repository_of_the_person_and_is_found_again(here, store):
    client, number = open_store("salinas")
    assert client.address == f"sqlite:///{here}/.mlflow/mlflow.db"
    assert client.experiments == {"salinas": f"{here.as_uri()}/.mlflow/artifacts/salinas"}
    assert open_store("salinas") == (client, number)
    assert open_store("pavia_university")[1] != number


def test_the_address_of_a_server_is_used_and_the_server_keeps_the_artifacts(
    here, store, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    client, _ = open_store("salinas")
    assert client.address == "http://127.0.0.1:5000"
    assert client.experiments == {"salinas": None}
    assert not list(here.iterdir())


def test_an_experiment_that_another_process_creates_meanwhile_is_used(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    client, number = open_store("salinas")
    answers = iter([None, client.get_experiment_by_name("salinas")])
    monkeypatch.setattr(client, "get_experiment_by_name", lambda name: next(answers))
    assert open_store("salinas") == (client, number)


def test_a_deleted_experiment_is_named_with_its_remedy(here, store):
    client, number = open_store("salinas")
    client.deleted.add("salinas")
    with pytest.raises(ValueError, match="the experiment 'salinas' was deleted there") as caught:
        open_store("salinas")
    message = str(caught.value)
    assert len(message) < 450, "a warning shows all of it"
    assert "`MLFLOW_TRACKING_URI=sqlite:///.mlflow/mlflow.db .venv/bin/mlflow exp" in message
    for remedy in ("restore", "rename"):
        assert f"{remedy} --experiment-id {number}" in message


def test_a_message_does_not_tell_a_password(store, monkeypatch):
    told = "Max retries: http://ann:p@ss/w0rd@host:5000/api and postgresql+psycopg2://bob:x@db/runs"
    left = "Max retries: http://host:5000/api and postgresql+psycopg2://db/runs"
    assert without_password(told) == left
    assert without_password(left) == left
    assert without_password("write to help@example.org") == "write to help@example.org"

    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "of somebody else")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:s%2Fcret@127.0.0.1:5000")
    client, _ = open_store("salinas")
    assert client.address == "http://127.0.0.1:5000", "MLflow prints it"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "ann"
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "s/cret"
    client.deleted.add("salinas")
    with pytest.raises(ValueError, match=r"`MLFLOW_TRACKING_URI=http://127\.0\.0\.1:5000 \.venv"):
        open_store("salinas")


def test_artifacts_follow_a_repository_that_is_renamed_or_copied(here, empty):
    (here / ".mlflow").mkdir()
    shutil.copyfile(empty, here / ".mlflow/mlflow.db")
    before = one_run()
    assert before.startswith(f"{here.as_uri()}/.mlflow/artifacts/salinas/")
    other = here.with_name("elsewhere")
    shutil.copytree(here, other)
    os.environ["DVC_ROOT"] = str(other)  # the fixture sets it back
    client, number = open_store("salinas")
    (run,) = client.search_runs([number])
    assert run.info.artifact_uri == before.replace(here.as_uri(), other.as_uri())
    location = client.get_experiment(number).artifact_location
    assert location == f"{other.as_uri()}/.mlflow/artifacts/salinas"


def test_a_database_that_a_kill_left_half_made_is_made_again(here, empty):
    folder = here / ".mlflow"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "mlflow.db")) as half:
        half.execute("create table experiments (experiment_id integer)")
        half.commit()
    (folder / "mlflow.db.new").mkdir()
    (folder / "mlflow.db.new/mlflow.db").write_bytes(b"half")
    assert one_run()
    assert sorted(path.name for path in folder.iterdir()) == ["mlflow.db", "mlflow.db.lock"]


def test_a_database_with_runs_is_never_made_again(here, empty):
    (here / ".mlflow").mkdir()
    database = here / ".mlflow/mlflow.db"
    shutil.copyfile(empty, database)
    one_run()
    with closing(sqlite3.connect(database)) as store:
        store.execute("drop table alembic_version")  # MLflow cannot open it
        store.commit()
    with suppress(MlflowException):
        open_store("salinas")
    with closing(sqlite3.connect(database)) as store:
        assert store.execute("select count(*) from runs").fetchall() == [(1,)]


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.4, 1.0])
def test_a_kill_while_the_database_is_made_leaves_a_usable_store(here, delay):
    code = "from experiments.mlflow_store import open_store; open_store('salinas')"
    environment = {**os.environ, "PYTHONPATH": "src", "DVC_ROOT": str(here)}
    child = subprocess.Popen([sys.executable, "-c", code], env=environment)
    begun = here / ".mlflow/mlflow.db.new"
    while not begun.exists():
        assert child.poll() is None
        time.sleep(0.01)
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert one_run().startswith(here.as_uri())
    assert not begun.exists()
