"""What an MLflow run says of itself: its name, its parameters and its datasets."""

import getpass
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from experiments.git import commit_of, git
from experiments.repository import root
from hsi import __version__
from hsi.choices import (
    ATTENTIONS,
    COMPARATORS,
    NETWORKS,
    REDUCTIONS,
    SMOOTHINGS,
    SPLITS,
    attention_places,
)
from hsi.config import Params
from hsi.cube.pixels import SIDES, Pixels
from hsi.files import md5

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

UNCOMMITTED = "workspace"  # what DVC calls a result that belongs to no experiment
CUBE, PIXELS = Path("data/patches/cube.npy"), Path("data/split/pixels.npy")
LONGEST_NAME = 150
# Their values say what they are: `se`, rather than `attention=se`.
CHOICES = {
    *("split.method", "reduce.method", "model.name", "model.attention"),
    *("train.batching", "inference.smoothing"),
}


def experiment_name() -> str:
    """Return the name of the DVC experiment that is running, or `workspace`."""
    return os.environ.get("DVC_EXP_NAME", UNCOMMITTED)


def baseline() -> str:
    """Return the commit that the run starts from; empty outside a repository."""
    return os.environ.get("DVC_EXP_BASELINE_REV") or commit_of(root(), "HEAD")


def run_name(params: Params) -> str:
    """Return what a run changes in params.yaml of its commit, and DVC's name for it.

    `se reduction=8 · bowed-scab`; in the workspace the commit stands for the name. A run that
    changes nothing is called by its network and attention.
    """
    try:
        before = flat(yaml.safe_load(git(root(), "show", f"{baseline()}:params.yaml")))
    except (OSError, yaml.YAMLError, AttributeError):
        before = {}
    now = {key: value for key, value in in_use(params).items() if not key.startswith("scene.")}
    # Keys that the commit does not have say nothing of what was changed.
    changed = {key: now[key] for key in now if key in before and before[key] != now[key]}
    short = {key: key.rpartition(".")[2] for key in now}
    ambiguous = {last for last in short.values() if list(short.values()).count(last) > 1}
    said = [str(value) for key, value in changed.items() if key in CHOICES]
    for key in (key for key in changed if key not in CHOICES):
        said.append(f"{key if short[key] in ambiguous else short[key]}={changed[key]}")
    model = params.model
    usual = model.name if model.attention == "none" else f"{model.name} {model.attention}"
    what = " ".join(said) or usual
    if len(what) > LONGEST_NAME:
        what = f"{what[: LONGEST_NAME - 1]}…"
    name = experiment_name()
    return f"{what} · {baseline()[:7] if name == UNCOMMITTED else name}"


def tags() -> dict[str, str]:
    """Return the tags of every run: where it comes from, and how one gets back there."""
    name, commit = experiment_name(), baseline()
    back = (
        "" if name == UNCOMMITTED else f"\n\n`dvc exp apply {name}` brings it into the workspace."
    )
    return {
        "data.cube_md5": md5(CUBE),
        "data.pixels_md5": md5(PIXELS),
        "dvc.exp_name": name,
        "dvc.baseline_rev": commit,
        "mlflow.source.git.commit": commit,
        "mlflow.source.name": "dvc repro" if name == UNCOMMITTED else "dvc exp run",
        "hsi.version": __version__,
        "mlflow.user": getpass.getuser(),
        "mlflow.note.content": f"DVC experiment `{name}` on commit `{commit}`.{back}",
    }


def datasets(params: Params) -> "list[DatasetInput]":
    """Return the pixels of each side of the split as datasets of MLflow.

    The digest of a dataset is the md5 of the split; its source names the md5 of the scene as well.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    pixels = Pixels.load(PIXELS)
    source = {"cube": {"path": str(CUBE), "md5": md5(CUBE)}}
    source["pixels"] = {"path": str(PIXELS), "md5": md5(PIXELS)}
    found = []
    for side, context in (("train", "training"), ("validation", "validation"), ("test", "test")):
        here = pixels.on(SIDES[side])
        if len(here):
            profile = {"pixels": len(here), "classes": len(set(here.targets.tolist()))}
            split = f"{params.split.method}, seed {params.split.seed}"
            dataset = Dataset(
                name=f"{params.scene.name} {context} ({split})",
                digest=md5(PIXELS),
                source_type="dvc",
                source=json.dumps(source),
                profile=json.dumps(profile),
            )
            found.append(DatasetInput(dataset, [InputTag("mlflow.data.context", context)]))
    return found


def in_use(params: Params) -> dict[str, Any]:
    """Return dotted keys and values, without the blocks of choices that are not in use."""
    content = params.model_dump(mode="json")
    if params.scene.name != "custom":
        del content["scene"]["custom"]
    model = params.model
    used = {params.split.method, params.reduce.method, model.name, model.attention}
    used.add(params.inference.smoothing)
    tables: dict[str, list[Collection[str]]] = {
        "split": [SPLITS],
        "reduce": [REDUCTIONS],
        "model": [NETWORKS, COMPARATORS, ATTENTIONS],
        "train": [{"scene", "windows"} - {params.train.batching}],
        "inference": [SMOOTHINGS],
    }
    for section, unused in tables.items():
        for name in {name for table in unused for name in table} - used:
            del content[section][name]
    return flat(content)


def logged_params(params: Params) -> dict[str, Any]:
    """Return the parameters of a run: the values in use, with the places of the attention."""
    model = params.model
    at = attention_places(model.name, model.attention, model.attention_at)
    return {**in_use(params), "model.attention_at": list(at)}


def flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return dotted keys and values; the names of classes are one value."""
    result: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, dict) and key != "class_names":
            result |= flat(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = value
    return result
