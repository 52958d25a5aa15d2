"""The MLflow run of a pipeline run: how it starts, and how later stages find it.

`train` starts the run and tags it with the md5 of the model file, the name by which DVC knows the
model. `evaluate` and `map` find it by that md5 and the name of the DVC experiment. If DVC restored
the model from its cache, so that `train` did not run, they create the run and replay the history of
the training. No file that DVC hashes says anything about MLflow.
"""

import csv
import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.mlflow_description import (
    datasets,
    experiment_name,
    logged_params,
    run_name,
    tags,
)
from experiments.mlflow_left import (
    is_begun_only,
    is_nowhere,
    is_of_the_dead,
    is_same_work,
    origin,
    take_over,
)
from experiments.mlflow_run import Run, metrics_at
from experiments.mlflow_store import open_store
from hsi.config import Params
from hsi.files import md5

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as KeptRun


def start(params: Params, resume: str | None) -> Run:
    """Start the run of a training, or continue the one that a checkpoint names.

    So is one of a training that was killed before its first checkpoint. Other runs that a killed
    training on this machine has left open are ended as KILLED.
    """

    def connect(run: Run) -> None:
        run.client, experiment = open_store(params.scene.name)
        left = _left_by_a_killed_training(run.client, experiment, params, resume)
        if left is None:
            end_runs_of_dead_processes(run.client, experiment, None)
            run.id = _create(run.client, experiment, params, {})
        else:
            end_runs_of_dead_processes(run.client, experiment, left.info.run_id)
            take_over(run, left, params)

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
        left = [] if here else [each for each in same if is_same_work(each, params)]
        left = [each for each in left if is_nowhere(each)]
        if here and not (here[0].info.status == "RUNNING" and is_of_the_dead(here[0])):
            run.id = here[0].info.run_id
            return
        if here or left:
            take_over(run, (here or left)[0], params)
        else:
            first = same[0] if same else None
            run.id = _create(
                run.client,
                experiment,
                params,
                {
                    "model_md5": digest,
                    "dvc.restored_from": first.info.run_id if first else "cache",
                },
            )
            seconds = first.data.metrics.get("train_seconds") if first else None
            run.batch(metrics_at({} if seconds is None else {"train_seconds": seconds}, 0))
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
        if run.info.run_id != resume and is_of_the_dead(run):
            client.set_terminated(run.info.run_id, "KILLED")


def _left_by_a_killed_training(
    client: "MlflowClient", experiment: str, params: Params, resume: str | None
) -> "KeptRun | None":
    """Return the run that a checkpoint names, or one of a training that was killed before any."""
    from mlflow.exceptions import MlflowException

    try:
        named = None if resume is None else client.get_run(resume)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        named = None  # another store, or another database
    if named is not None and named.info.lifecycle_stage == "active":
        return named
    begun = client.search_runs([experiment], "attributes.status = 'RUNNING'")
    return next((kept for kept in begun if is_begun_only(kept, params)), None)


def _create(client: "MlflowClient", experiment: str, params: Params, known: dict[str, str]) -> str:
    # All tags from the beginning, for a kill may come at any moment.
    all_tags = tags() | origin() | known
    run_id: str = client.create_run(
        experiment, tags=all_tags, run_name=run_name(params)
    ).info.run_id
    # What follows may fail without failing what comes after it.
    used = Run(lambda run: None)
    used.client, used.id = client, run_id
    used.log(params=logged_params(params))
    used.log_datasets(datasets(params))
    return run_id
