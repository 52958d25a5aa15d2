"""Where MLflow keeps the runs: a database in the repository, or where MLFLOW_TRACKING_URI says.

A relative address means the repository that a person works in. It never means a queued experiment's
copy of the repository, which is deleted afterwards; nor do the artifacts lie there.
"""

import logging
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from filelock import FileLock

from experiments.repository import root

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER = ".mlflow"  # of the repository
ARTIFACTS = f"/{FOLDER}/artifacts/"
LOCK_SECONDS = 60

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# A server that is down costs seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


def address() -> str:
    """Return the address of the store, with relative paths made absolute."""
    given = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{FOLDER}/mlflow.db"
    if given.startswith("sqlite:///"):
        return f"sqlite:///{root() / given.removeprefix('sqlite:///')}"
    if "://" in given or given.startswith("databricks"):
        return given
    return (root() / given.removeprefix("file:")).as_uri()


def without_password(text: str) -> str:
    """Return a text without the names and passwords that stand in its addresses."""
    return re.sub(r"(\w://)\S*@", r"\1", text)


def _with_account_apart(server: str) -> str:
    """Return the address of a server without an account, which moves to MLflow's own variables.

    MLflow prints the address of every run that ends.
    """
    account = urlsplit(server)
    if account.username and account.password:
        os.environ["MLFLOW_TRACKING_USERNAME"] = unquote(account.username)
        os.environ["MLFLOW_TRACKING_PASSWORD"] = unquote(account.password)
    return without_password(server)


def is_server(store: str) -> bool:
    """Return whether an address is that of a tracking server, which decides on artifacts itself."""
    return re.match(r"https?://|databricks|uc:", store) is not None


def open_store(experiment: str) -> "tuple[MlflowClient, str]":
    """Return a client and the id of an experiment, both created on first use.

    Raises:
        ValueError: If the experiment was deleted in MLflow.
        Exception: Whatever else MLflow raises when it does not reach its store.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)

    store = address()
    if is_server(store):
        client = mlflow.MlflowClient(_with_account_apart(store))
        return client, _experiment_id(client, experiment, None)
    artifacts = (root() / FOLDER / "artifacts" / experiment).as_uri()
    database = Path(store.removeprefix("sqlite:///"))
    if not store.startswith("sqlite:///"):
        client = mlflow.MlflowClient(store)
        return client, _experiment_id(client, experiment, artifacts)
    database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(database.with_name(f"{database.name}.lock"), timeout=LOCK_SECONDS):
        client = _open_database(database)
        if database.parent == root() / FOLDER:
            _move_artifacts(database)
        return client, _experiment_id(client, experiment, artifacts)


def _open_database(database: Path) -> "MlflowClient":
    """Open a database, and create it if it is missing or was left half-made by a kill.

    MLflow creates its tables in many transactions, and a database that lacks some of them can never
    be used again. So it is created in a folder of its own and then moved into place.
    """
    import mlflow

    if not database.exists() or _is_half_made(database):
        aside = database.with_name(f"{database.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        mlflow.MlflowClient(f"sqlite:///{aside / database.name}")
        os.replace(aside / database.name, database)
        aside.rmdir()
    return mlflow.MlflowClient(f"sqlite:///{database}")


def _is_half_made(database: Path) -> bool:
    """Return whether a database lacks tables and has no runs that could be lost."""
    with closing(sqlite3.connect(database, timeout=20)) as store:
        tables = store.execute("select name from sqlite_master where type = 'table'").fetchall()
        if ("runs",) in tables and store.execute("select 1 from runs limit 1").fetchall():
            return False
        if ("alembic_version",) not in tables:
            return True
        versions = store.execute("select version_num from alembic_version").fetchall()
    from alembic.script import ScriptDirectory
    from mlflow.store import db_migrations

    # Alembic notes a version once all its tables are there.
    scripts = ScriptDirectory(str(Path(db_migrations.__path__[0])))
    return versions != [(scripts.get_current_head(),)]


def _move_artifacts(database: Path) -> None:
    """Let the runs point at the artifacts of this repository after its folder was moved or copied.

    MLflow keeps the absolute address of each run's artifacts.
    """
    here = root().as_uri()
    elsewhere = "instr({0}, ?) > 0 and substr({0}, 1, length(?)) != ?"
    with closing(sqlite3.connect(database, timeout=20)) as store:
        moved = elsewhere.format("artifact_location")
        named = [ARTIFACTS, here + ARTIFACTS, here + ARTIFACTS]
        if not store.execute(f"select 1 from experiments where {moved}", named).fetchall():
            return
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            store.execute(
                f"update {table} set {column} = ? || substr({column}, instr({column}, ?)) "
                f"where {elsewhere.format(column)}",
                [here, ARTIFACTS, *named],
            )
        store.commit()


def _experiment_id(client: "MlflowClient", name: str, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_location=artifacts)
        except MlflowException:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise  # otherwise another process has created it meanwhile
    if found.lifecycle_stage == "deleted":
        number = found.experiment_id
        given = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{FOLDER}/mlflow.db"
        raise ValueError(
            f"the experiment '{name}' was deleted there. "
            f"`MLFLOW_TRACKING_URI={without_password(given)} .venv/bin/"
            f"mlflow experiments restore --experiment-id {number}` brings it back; the same with "
            f"`rename --experiment-id {number} --new-name {name}-old` then makes room for a new one"
        )
    return found.experiment_id
