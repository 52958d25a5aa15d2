"""MLflow, as well as it goes: a failure here warns once and never costs a training.

One run stands for one pipeline run. `train` starts it and tags it with the md5 of the model file,
the name DVC knows the model by; `evaluate` and `map` find it by that md5 and the DVC experiment's
name. When `train` did not run because DVC restored the model from its cache, they make the run and
replay its history. Nothing about MLflow stands in any file DVC hashes.
"""

import csv
import getpass
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsi.attention import ATTENTION
from hsi.checkpoint import md5
from hsi.config import Params
from hsi.models import places

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A dead server costs seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

UNCOMMITTED = "workspace"  # what DVC calls a result that is no experiment's
DATA = {"cube": Path("data/patches/cube.npy"), "pixels": Path("data/split/pixels.npy")}


def root() -> Path:
    """Return the repository a person works in, also from a queued experiment's temporary copy."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


class Run:
    """One MLflow run; once something failed, its methods do nothing.

    Attributes:
        id: MLflow's run id; None while there is none.
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
        except Exception as error:  # whatever a tracking server may do wrong
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
        self._try(lambda: self._batch(_metrics(metrics or {}, 0), tags or {}, params or {}))

    def log_curve(self, rows: Iterable[dict[str, float]]) -> None:
        """Record rows of a history, each at its `epoch`."""

        def action() -> None:
            curve = [
                _metrics({key: row[key] for key in row if key != "epoch"}, int(row["epoch"]))
                for row in rows
            ]
            self._batch([metric for metrics in curve for metric in metrics])

        self._try(action)

    def log_files(self, paths: Iterable[Path]) -> None:
        """Keep copies of some files."""

        def action() -> None:
            for path in paths:
                self.client.log_artifact(self.id, str(path))

        self._try(action)

    def finish(self, status: str = "FINISHED") -> None:
        """End the run: FINISHED, FAILED or KILLED."""
        self._try(lambda: self.client.set_terminated(self.id, status))

    def _batch(
        self,
        metrics: "list[Metric]",
        tags: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        from mlflow.entities import Param, RunTag

        for start in range(0, len(metrics), 1000):  # MLflow's limit
            self.client.log_batch(self.id, metrics=metrics[start : start + 1000])
        self.client.log_batch(
            self.id,
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
            params=[Param(key, str(value)) for key, value in (params or {}).items()],
        )


def _metrics(values: dict[str, float], step: int) -> "list[Metric]":
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [
        Metric(re.sub(r"[^\w\-. /]", "_", key), float(value), now, step)
        for key, value in values.items()
    ]


def start(params: Params, resume: str | None) -> Run:
    """Begin the run of a training, or go on with the one that a checkpoint names."""

    def connect(run: Run) -> None:
        run.client, experiment = _open(params.scene.name)
        if resume is not None and run.client.get_run(resume).info.lifecycle_stage == "active":
            run.id = resume
            run.client.update_run(resume, status="RUNNING")
        else:
            run.id = _create(run.client, experiment, params)

    return Run(connect)


def of_model(params: Params, model: Path, history: Path) -> Run:
    """Find the run that trained a model in this DVC experiment; else make one from its history."""
    digest = md5(model)

    def connect(run: Run) -> None:
        run.client, experiment = _open(params.scene.name)
        same = run.client.search_runs(
            [experiment], f"tags.model_md5 = '{digest}'", order_by=["attributes.start_time DESC"]
        )
        here = [each for each in same if each.data.tags.get("dvc.exp_name") == _experiment_name()]
        if here:
            run.id = here[0].info.run_id
            return
        run.id = _create(run.client, experiment, params)
        origin = same[0] if same else None
        tags = {"model_md5": digest, "dvc.restored_from": origin.info.run_id if origin else "cache"}
        seconds = origin.data.metrics.get("train_seconds") if origin else None
        run._batch(_metrics({} if seconds is None else {"train_seconds": seconds}, 0), tags)
        with history.open(newline="") as file:
            rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        run.log_curve(rows)
        run.finish()

    return Run(connect)


def metrics_of(scene: str, experiment: str) -> dict[str, float]:
    """Return the latest metrics of a DVC experiment's MLflow run; none if there is no such run."""
    client, number = _open(scene)
    found = client.search_runs(
        [number], f"tags.`dvc.exp_name` = '{experiment}'", order_by=["attributes.start_time DESC"]
    )
    return dict(found[0].data.metrics) if found else {}


def group(
    scene: str, title: str, experiments: list[str], metrics: dict[str, float], files: list[Path]
) -> None:
    """Make the runs of some DVC experiments the children of one run, which holds what they gave.

    Called again for the same title, it brings that run up to date.
    """

    def connect(run: Run) -> None:
        run.client, number = _open(scene)
        found = run.client.search_runs([number], f"tags.study = '{title}'")
        tags = {"study": title, "mlflow.user": getpass.getuser()}
        run.id = (
            found[0].info.run_id
            if found
            else run.client.create_run(number, tags=tags, run_name=f"study {title}").info.run_id
        )
        for experiment in experiments:
            for child in run.client.search_runs([number], f"tags.`dvc.exp_name` = '{experiment}'"):
                run.client.set_tag(child.info.run_id, "mlflow.parentRunId", run.id)

    parent = Run(connect)
    parent.log(metrics)
    parent.log_files(files)
    parent.finish()


def _open(experiment: str) -> "tuple[MlflowClient, str]":
    """Return a client and the id of an experiment, both made on first use.

    The default store is a database beside the repository a person works in, never beside a queued
    experiment's copy, which is deleted; artifacts get an absolute place for the same reason. Making
    the database is not safe against a neighbour who makes it too, hence the lock.
    """
    import logging

    from filelock import FileLock

    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    address = os.environ.get("MLFLOW_TRACKING_URI")
    if address:
        client = mlflow.MlflowClient(address)
        return client, _experiment(client, experiment, None)
    store = root() / ".mlflow"
    store.mkdir(exist_ok=True)
    with FileLock(store / "lock", timeout=60):
        client = mlflow.MlflowClient(f"sqlite:///{store / 'mlflow.db'}")
        return client, _experiment(client, experiment, (store / "artifacts" / experiment).as_uri())


def _experiment(client: "MlflowClient", name: str, artifacts: str | None) -> str:
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
        return found.experiment_id  # a neighbour made it on the same server meanwhile


def _experiment_name() -> str:
    return os.environ.get("DVC_EXP_NAME", UNCOMMITTED)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _create(client: "MlflowClient", experiment: str, params: Params) -> str:
    name = _experiment_name()
    commit = os.environ.get("DVC_EXP_BASELINE_REV") or _git("rev-parse", "HEAD")
    model = params.model
    title = f"{model.name}-{model.attention}-{commit[:7]}" if name == UNCOMMITTED else name
    back = (
        "" if name == UNCOMMITTED else f"\n\n`dvc exp apply {name}` brings it into the workspace."
    )
    tags = {f"data.{what}_md5": md5(path) for what, path in DATA.items()}
    tags |= {
        "dvc.exp_name": name,
        "dvc.baseline_rev": commit,
        "mlflow.source.git.commit": commit,
        "mlflow.source.name": "dvc repro" if name == UNCOMMITTED else "dvc exp run",
        "mlflow.user": getpass.getuser(),
        "mlflow.note.content": f"DVC experiment `{name}` on commit `{commit}`.{back}",
    }
    run_id: str = client.create_run(experiment, tags=tags, run_name=title).info.run_id
    used = Run(lambda run: None)
    used.client, used.id = client, run_id
    used.log(params=_in_use(params))
    return run_id


def _in_use(params: Params) -> dict[str, Any]:
    """Return dotted keys and values, without the blocks that this run does not read."""
    content = params.model_dump(mode="json")
    if params.scene.name != "custom":
        del content["scene"]["custom"]
    model = params.model
    content["model"]["attention_at"] = list(places(model.name, model.attention, model.attention_at))
    for name in ATTENTION.keys() - {params.model.attention}:
        del content["model"][name]
    del content["train"]["windows" if params.train.batching == "scene" else "scene"]

    def flat(section: dict[str, Any], prefix: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in section.items():
            if isinstance(value, dict):
                result |= flat(value, f"{prefix}{key}.")
            else:
                result[prefix + key] = value
        return result

    return flat(content, "")
