"""The MLflow run of a pipeline run: how it starts, and how later stages find it.

`train` starts the run and tags it with the md5 of the model file, the name by which DVC knows the
model. `evaluate` and `map` find it by that md5 and the name of the DVC experiment. If DVC restored
the model from its cache, so that `train` did not run, they create the run and replay the history of
the training. No file that DVC hashes says anything about MLflow.
"""

import csv
import getpass
import os
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.mlflow_run import Run, metrics_at, open_store
from hsi import __version__
from hsi.choices import ATTENTIONS, COMPARATORS, NETWORKS, REDUCTIONS, SPLITS, attention_places
from hsi.config import Params
from hsi.files import md5

if TYPE_CHECKING:
    from mlflow import MlflowClient

UNCOMMITTED = "workspace"  # what DVC calls a result that belongs to no experiment
DATA = {"cube": Path("data/patches/cube.npy"), "pixels": Path("data/split/pixels.npy")}


def start(params: Params, resume: str | None) -> Run:
    """Start the run of a training, or continue the one that a checkpoint names."""

    def connect(run: Run) -> None:
        run.client, experiment = open_store(params.scene.name)
        if resume is not None and run.client.get_run(resume).info.lifecycle_stage == "active":
            run.id = resume
            run.client.update_run(resume, status="RUNNING")
        else:
            run.id = _create(run.client, experiment, params)

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
        tags = {"model_md5": digest, "dvc.restored_from": origin.info.run_id if origin else "cache"}
        seconds = origin.data.metrics.get("train_seconds") if origin else None
        run.batch(metrics_at({} if seconds is None else {"train_seconds": seconds}, 0), tags)
        with history.open(newline="") as file:
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


def experiment_name() -> str:
    """Return the name of the DVC experiment that is running, or `workspace`."""
    return os.environ.get("DVC_EXP_NAME", UNCOMMITTED)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _create(client: "MlflowClient", experiment: str, params: Params) -> str:
    name = experiment_name()
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
        "hsi.version": __version__,
        "mlflow.user": getpass.getuser(),
        "mlflow.note.content": f"DVC experiment `{name}` on commit `{commit}`.{back}",
    }
    run_id: str = client.create_run(experiment, tags=tags, run_name=title).info.run_id
    used = Run(lambda run: None)
    used.client, used.id = client, run_id
    used.log(params=_in_use(params))
    return run_id


def _in_use(params: Params) -> dict[str, Any]:
    """Return dotted keys and values, without the blocks of choices that are not in use."""
    content = params.model_dump(mode="json")
    if params.scene.name != "custom":
        del content["scene"]["custom"]
    model = params.model
    in_use = {params.split.method, params.reduce.method, model.name, model.attention}
    tables: dict[str, list[Collection[str]]] = {
        "split": [SPLITS],
        "reduce": [REDUCTIONS],
        "model": [NETWORKS, COMPARATORS, ATTENTIONS],
        "train": [{"scene", "windows"} - {params.train.batching}],
    }
    for section, unused in tables.items():
        for name in {name for table in unused for name in table} - in_use:
            del content[section][name]
    at = attention_places(model.name, model.attention, model.attention_at)
    content["model"]["attention_at"] = list(at)

    def flat(section: dict[str, Any], prefix: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in section.items():
            if isinstance(value, dict):
                result |= flat(value, f"{prefix}{key}.")
            else:
                result[prefix + key] = value
        return result

    return flat(content, "")
