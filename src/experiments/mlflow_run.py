"""Best-effort MLflow logging: the first failure warns, and nothing more is tried after it.

A tracking server that is down costs a few seconds and a warning, never a training.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that is down costs seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


def root() -> Path:
    """Return the repository that a person works in, even from a queued experiment's copy."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


class Run:
    """One MLflow run; after the first failure its methods do nothing.

    Attributes:
        id: MLflow's id of the run; None if there is no run.
        client: MLflow's client, once connected.
    """

    def __init__(self, connect: Callable[["Run"], None]) -> None:
        self.id: str | None = None
        self.client: Any = None
        self.broken = False
        self._try(lambda: connect(self))

    def _try(self, action: Callable[[], None]) -> None:
        if self.broken:
            return
        try:
            action()
        except Exception as error:  # a tracking server can fail in any way
            self.broken = True
            reason = " ".join(str(error).split())[:200]
            print(f"warning: not tracked in MLflow: {reason}", file=sys.stderr)

    def log(
        self,
        metrics: dict[str, float] | None = None,
        tags: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        """Record final numbers, tags and parameters."""
        self._try(lambda: self.batch(metrics_at(metrics or {}, 0), tags or {}, params or {}))

    def log_curve(self, rows: Iterable[dict[str, float]]) -> None:
        """Record rows of a history, each at its `epoch`."""

        def action() -> None:
            curve = [
                metrics_at({key: row[key] for key in row if key != "epoch"}, int(row["epoch"]))
                for row in rows
            ]
            self.batch([metric for metrics in curve for metric in metrics])

        self._try(action)

    def log_files(self, paths: Iterable[Path], folder: str | None = None) -> None:
        """Keep copies of some files, in a folder of the run's artifacts or beside each other."""

        def action() -> None:
            for path in paths:
                self.client.log_artifact(self.id, str(path), folder)

        self._try(action)

    def finish(self, status: str = "FINISHED") -> None:
        """End the run: FINISHED, FAILED or KILLED."""
        self._try(lambda: self.client.set_terminated(self.id, status))

    def batch(
        self,
        metrics: "list[Metric]",
        tags: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        """Send metrics, tags and parameters; a failure is the caller's."""
        from mlflow.entities import Param, RunTag

        for start in range(0, len(metrics), 1000):  # MLflow's limit
            self.client.log_batch(self.id, metrics=metrics[start : start + 1000])
        self.client.log_batch(
            self.id,
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
            params=[Param(key, str(value)) for key, value in (params or {}).items()],
        )


def metrics_at(values: dict[str, float], step: int) -> "list[Metric]":
    """Return numbers as MLflow's metrics of one step, under names that MLflow accepts."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [
        Metric(re.sub(r"[^\w\-. /]", "_", key), float(value), now, step)
        for key, value in values.items()
    ]


def open_store(experiment: str) -> "tuple[MlflowClient, str]":
    """Return a client and the id of an experiment, which are created on first use.

    The default store is a database in the repository that a person works in. It is never in a
    queued experiment's copy of the repository, which is deleted afterwards, and for the same reason
    artifacts get an absolute place. Two processes cannot create the database at once, so a lock
    keeps others waiting.
    """
    import logging

    from filelock import FileLock

    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    address = os.environ.get("MLFLOW_TRACKING_URI")
    if address:
        client = mlflow.MlflowClient(address)
        return client, _experiment_id(client, experiment, None)
    store = root() / ".mlflow"
    store.mkdir(exist_ok=True)
    with FileLock(store / "lock", timeout=60):
        client = mlflow.MlflowClient(f"sqlite:///{store / 'mlflow.db'}")
        return client, _experiment_id(
            client, experiment, (store / "artifacts" / experiment).as_uri()
        )


def _experiment_id(client: "MlflowClient", name: str, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return found.experiment_id
    try:
        return client.create_experiment(name, artifact_location=artifacts)
    except MlflowException:
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found.experiment_id  # another process has created it meanwhile
