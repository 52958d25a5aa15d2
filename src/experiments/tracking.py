"""The MLflow run of a pipeline run: how it starts, and how later stages find it.

`train` starts the run and tags it with the md5 of the model file, the name by which DVC knows the
model. `evaluate` and `map` find it by that md5 and the name of the DVC experiment. If DVC restored
the model from its cache, so that `train` did not run, they create the run and replay the history of
the training. No file that DVC hashes says anything about MLflow.
"""

import csv
import getpass
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from experiments.mlflow_description import (
    datasets,
    experiment_name,
    logged_params,
    run_name,
    tags,
)
from experiments.mlflow_run import Run, metrics_at
from experiments.mlflow_store import open_store
from experiments.processes import lived
from hsi.config import Params
from hsi.files import md5

if TYPE_CHECKING:
    from mlflow import MlflowClient

PROCESS = "hsi.process"  # the tag of a run that names the process that trains


def start(params: Params, resume: str | None) -> Run:
    """Start the run of a training, or continue the one that a checkpoint names.

    Runs that a killed training on this machine has left open are ended as KILLED.
    """

    def connect(run: Run) -> None:
        run.client, experiment = open_store(params.scene.name)
        end_runs_of_dead_processes(run.client, experiment, resume)
        if resume is not None and _is_active(run.client, resume):
            run.id = resume
            run.client.update_run(resume, status="RUNNING")
            curve = run.client.get_metric_history(resume, "loss")
            run.last_epoch = max((point.step for point in curve), default=0)
        else:
            run.id = _create(run.client, experiment, params)
        run.client.set_tag(run.id, PROCESS, this_process())

    return Run(connect)


def of_model(params: Params, model: Path, history: Path) -> Run:
    """Return the run that trained a model in this DVC experiment, or a new one with its history."""
    digest = md5(model)

    def connect(run: Run) -> None:
        run.client, experiment = open_store(params.scene.name)
        same = run.client.search_runs(
            [experiment], f"tags.model_md5 = '{digest}'", order_by=["attributes.start_time DESC"]
        )
        here = [each for each in same if each.data.tags.get("dvc.exp_name") == experiment_name()]
        if here:
            run.id = here[0].info.run_id
            return
        run.id = _create(run.client, experiment, params)
        origin = same[0] if same else None
        known = {
            "model_md5": digest,
            "dvc.restored_from": origin.info.run_id if origin else "cache",
        }
        seconds = origin.data.metrics.get("train_seconds") if origin else None
        run.batch(metrics_at({} if seconds is None else {"train_seconds": seconds}, 0), known)
        with history.open(newline="", encoding="utf-8") as file:
            rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        run.log_curve(rows)
        run.finish()

    return Run(connect)


def metrics_of(scene: str, experiment: str) -> dict[str, float]:
    """Return the latest metrics of a DVC experiment's MLflow run, or none without such a run."""
    client, number = open_store(scene)
    found = client.search_runs(
        [number], f"tags.`dvc.exp_name` = '{experiment}'", order_by=["attributes.start_time DESC"]
    )
    return dict(found[0].data.metrics) if found else {}


def group(
    scene: str, title: str, experiments: list[str], metrics: dict[str, float], files: list[Path]
) -> None:
    """Make the MLflow runs of some DVC experiments the children of one run.

    A second call with the same title updates that run.

    Args:
        scene: Name of the scene, which is that of the MLflow experiment.
        title: Name of the parent run.
        experiments: Names of the DVC experiments.
        metrics: Numbers to record in the parent.
        files: Files to keep in the parent.
    """

    def connect(run: Run) -> None:
        run.client, number = open_store(scene)
        found = run.client.search_runs([number], f"tags.study = '{title}'")
        study = {"study": title, "mlflow.user": getpass.getuser()}
        run.id = (
            found[0].info.run_id
            if found
            else run.client.create_run(number, tags=study, run_name=f"study {title}").info.run_id
        )
        for experiment in experiments:
            for child in run.client.search_runs([number], f"tags.`dvc.exp_name` = '{experiment}'"):
                run.client.set_tag(child.info.run_id, "mlflow.parentRunId", run.id)

    parent = Run(connect)
    parent.log(metrics)
    parent.log_files(files)
    parent.finish()


def end_runs_of_dead_processes(client: "MlflowClient", experiment: str, resume: str | None) -> None:
    """End open runs whose training was killed on this machine, but not the one to be resumed."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        process = run.data.tags.get(PROCESS)
        if run.info.run_id != resume and process is not None and not _may_live(process):
            client.set_terminated(run.info.run_id, "KILLED")


def this_process() -> str:
    """Return the host, number and start of this process, which no other process shares."""
    process = psutil.Process()
    return f"{socket.gethostname()} {process.pid} {process.create_time():.0f}"


def _may_live(process: str) -> bool:
    """Return False if a process ran on this machine and has ended."""
    host, number, begun = process.split()
    return host != socket.gethostname() or lived(int(number), float(begun))


def _is_active(client: "MlflowClient", run_id: str) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        return bool(client.get_run(run_id).info.lifecycle_stage == "active")
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False  # another store, or another database
        raise


def _create(client: "MlflowClient", experiment: str, params: Params) -> str:
    run_id: str = client.create_run(experiment, tags=tags(), run_name=run_name(params)).info.run_id
    # What follows may fail without failing what comes after it.
    used = Run(lambda run: None)
    used.client, used.id = client, run_id
    used.log(params=logged_params(params))
    used.log_datasets(datasets(params))
    return run_id
