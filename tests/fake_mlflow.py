"""MLflow's client in memory: a real store takes seconds to create, and test_pipeline.py has one."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from experiments import mlflow_description, tracking
from hsi.cube.pixels import TEST, TRAIN, Pixels


class FakeClient:
    """The part of `mlflow.MlflowClient` that `experiments` uses.

    Attributes:
        runs: Tags, parameters, metrics and the rest of each run, by its id.
        batches: Number of entries in each call of `log_batch`.
    """

    def __init__(self, address: str = "") -> None:
        self.address = address
        if address.startswith("sqlite:///"):
            with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as file:
                file.execute("create table if not exists experiments (artifact_location text)")
                file.execute("create table if not exists runs (run_uuid text)")
                file.execute("insert into runs values ('some run')")
                file.commit()
        self.runs: dict[str, SimpleNamespace] = {}
        self.experiments: dict[str, str | None] = {}
        self.deleted: set[str] = set()
        self.experiment_tags: dict[tuple[str, str], str] = {}
        self.batches: list[int] = []

    def get_experiment_by_name(self, name: str) -> SimpleNamespace | None:
        if name not in self.experiments:
            return None
        stage = "deleted" if name in self.deleted else "active"
        return SimpleNamespace(experiment_id=name, lifecycle_stage=stage)

    def create_experiment(self, name: str, artifact_location: str | None) -> str:
        if name in self.experiments:
            raise MlflowException("it exists already")
        self.experiments[name] = artifact_location
        return name

    def set_experiment_tag(self, experiment: str, key: str, value: str) -> None:
        self.experiment_tags[experiment, key] = value

    def create_run(self, experiment: str, tags: dict[str, str], run_name: str) -> SimpleNamespace:
        run_id = f"run{len(self.runs)}"
        self.runs[run_id] = SimpleNamespace(
            experiment=experiment,
            name=run_name,
            tags=dict(tags),
            params={},
            metrics=[],
            files=[],
            datasets={},
            status="RUNNING",
            stage="active",
        )
        return self.get_run(run_id)

    def get_run(self, run_id: str) -> SimpleNamespace:
        if run_id not in self.runs:
            raise MlflowException("no such run", RESOURCE_DOES_NOT_EXIST)
        run = self.runs[run_id]
        latest = {metric.key: metric.value for metric in run.metrics}
        return SimpleNamespace(
            info=SimpleNamespace(run_id=run_id, lifecycle_stage=run.stage, status=run.status),
            data=SimpleNamespace(tags=run.tags, metrics=latest, params=run.params),
        )

    def search_runs(
        self, experiments: list[str], query: str, order_by: list[str] | None = None
    ) -> list[SimpleNamespace]:
        """Find open runs, or by one tag; the latest run comes first."""
        if query == "attributes.status = 'RUNNING'":
            return [
                self.get_run(run_id)
                for run_id, run in self.runs.items()
                if run.experiment in experiments and run.status == "RUNNING"
            ]
        key, value = re.fullmatch(r"tags\.`?([\w.]+)`? = '([^']*)'", query).groups()
        assert order_by in (None, ["attributes.start_time DESC"])
        return [
            self.get_run(run_id)
            for run_id, run in reversed(self.runs.items())
            if run.experiment in experiments and run.tags.get(key) == value
        ]

    def log_batch(
        self, run_id: str, metrics: list[Any] = (), tags: list[Any] = (), params: list[Any] = ()
    ) -> None:
        run = self.runs[run_id]
        assert len(tags) <= 100, "as MLflow's server allows"
        assert len(params) <= 100
        self.batches.append(len(metrics) + len(tags) + len(params))
        run.metrics.extend(metrics)
        run.tags.update({tag.key: tag.value for tag in tags})
        run.params.update({param.key: param.value for param in params})

    def get_metric_history(self, run_id: str, key: str) -> list[Any]:
        return [each for each in self.runs[run_id].metrics if each.key == key]

    def log_inputs(self, run_id: str, datasets: list[Any]) -> None:
        self.runs[run_id].datasets |= {each.tags[0].value: each.dataset for each in datasets}

    def log_artifact(self, run_id: str, path: str, folder: str | None) -> None:
        self.runs[run_id].files.append((Path(path).name, folder))

    def log_artifacts(self, run_id: str, folder: str) -> None:
        files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
        for path in files:
            self.runs[run_id].files.append((path.name, str(path.parent.relative_to(folder))))

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        self.runs[run_id].tags[key] = value

    def set_terminated(self, run_id: str, status: str) -> None:
        self.runs[run_id].status = status

    def update_run(self, run_id: str, status: str, name: str) -> None:
        self.runs[run_id].status, self.runs[run_id].name = status, name

    def curve(self, run_id: str, key: str) -> list[tuple[int, float]]:
        """Step and value of each record of a metric."""
        return [(each.step, each.value) for each in self.runs[run_id].metrics if each.key == key]


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> FakeClient:
    """Let runs go to a new store in memory, and describe data files in a folder."""
    fake = FakeClient()
    monkeypatch.setattr(tracking, "open_store", lambda experiment: (fake, experiment))
    places = np.zeros(2, np.int32)
    pixels = Pixels(places, places, places, np.array([TRAIN, TEST], np.uint8))
    pixels.save(folder / "pixels.npy")
    (folder / "cube.npy").write_bytes(b"cube")
    monkeypatch.setattr(mlflow_description, "PIXELS", folder / "pixels.npy")
    monkeypatch.setattr(mlflow_description, "CUBE", folder / "cube.npy")
    return fake
