"""What a repository has to be like after a fault: results bit for bit, one MLflow run, no loss."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.drill.workplace import EDITS, Workplace
from experiments.git import git, holds
from hsi.files import md5

MODEL = "data/model/model.safetensors"
LOCKED = (".git", ".git/refs")


@dataclass(frozen=True)
class Expected:
    """What an undisturbed run makes.

    Attributes:
        outs: md5 of each output of each stage, as dvc.lock has it.
        files: md5 of each file below data/ but the scene's.
        commit: Of branch main.
        runs: Number of MLflow runs.
        seconds: How long it took.
    """

    outs: dict[str, str]
    files: dict[str, str]
    commit: str
    runs: int
    seconds: float


def outs_of(lock: str) -> dict[str, str]:
    """Return the md5 of each output in the text of a dvc.lock."""
    content = yaml.safe_load(lock) or {}
    stages = content.get("stages", {}).values()
    return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", [])}


def files_of(root: Path) -> dict[str, str]:
    """Return the md5 of each file that the pipeline has made below data/."""
    found = {}
    for path in sorted((root / "data").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and path.name != ".gitignore" and not name.startswith("data/scenes/"):
            found[name] = md5(path)
    return found


def runs_of(root: Path) -> list[dict[str, str]]:
    """Return id, status and model of each MLflow run, and whether it has a score."""
    database = root / ".mlflow/mlflow.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(database, timeout=60)) as store:
        asked = """select run_uuid, status,
            (select value from tags where run_uuid = runs.run_uuid and key = 'model_md5'),
            (select value from tags where run_uuid = runs.run_uuid and key = 'dvc.exp_name'),
            exists (select 1 from latest_metrics where run_uuid = runs.run_uuid and key = 'oa'),
            (select count(distinct step) from metrics
                where run_uuid = runs.run_uuid and key = 'loss'),
            (select count(*) from metrics where run_uuid = runs.run_uuid and key = 'loss')
            from runs where lifecycle_stage = 'active' order by start_time"""
        rows = store.execute(asked).fetchall()
    keys = ("id", "status", "model", "experiment", "scored", "epochs", "losses")
    return [dict(zip(keys, map(str, row), strict=True)) for row in rows]


def measure(place: Workplace, seconds: float) -> Expected:
    """Return what a repository holds after an undisturbed run."""
    root = place.path
    lock = (root / "dvc.lock").read_text(encoding="utf-8")
    commit = git(root, "rev-parse", "main")
    return Expected(outs_of(lock), files_of(root), commit, len(runs_of(root)), seconds)


def lost(place: Workplace, commit: str) -> list[str]:
    """Return what of a person's work is lost, and which locks are left."""
    root, found = place.path, []
    for name, text in EDITS.items():
        path = root / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(f"the edit of {name} is lost")
    if not holds(root, "symbolic-ref", "--quiet", "HEAD"):
        found.append("HEAD is on no branch")
    elif git(root, "symbolic-ref", "--short", "HEAD") != "main":
        found.append("HEAD is on another branch")
    for branch in ("main", "idea"):
        if not holds(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
            found.append(f"branch {branch} is lost")
        elif git(root, "rev-parse", branch) != commit:
            found.append(f"branch {branch} is at another commit")
    if found and git(root, "stash", "list"):
        found.append("git stash has something")
    locks = [path for folder in LOCKED for path in (root / folder).glob("*.lock")]
    found += [f"{path.relative_to(root)} is left" for path in locks]
    held = root / ".dvc/tmp/rwlock"
    if held.is_file():
        try:
            json.loads(held.read_bytes())  # names of dead processes in it lock nothing
        except ValueError:
            found.append("rwlock is broken")
    return found


def wrong_results(place: Workplace, expected: Expected) -> list[str]:
    """Return which results in the workspace are not those of an undisturbed run."""
    path = place.path / "dvc.lock"
    outs = outs_of(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = [
        f"dvc.lock has another {name}"
        for name in expected.outs.keys() | outs.keys()
        if outs.get(name) != expected.outs.get(name)
    ]
    files = files_of(place.path)
    return found + [
        f"{name} is missing or differs"
        for name in sorted(expected.files.keys() | files.keys())
        if files.get(name) != expected.files.get(name)
    ]


def wrong_runs(place: Workplace, runs: range, model: str, epochs: int) -> list[str]:
    """Return what is wrong with MLflow's runs: their number, the end, the score, the epochs.

    Args:
        place: The repository.
        runs: How many there may be.
        model: md5 of the model.
        epochs: Of its training.
    """
    found = runs_of(place.path)
    ours = [run for run in found if run["model"] == model]
    told = []
    if len(found) not in runs:
        states = ", ".join(run["status"] for run in found)
        told.append(f"MLflow has {len(found)} runs and not {runs[0]} to {runs[-1]} ({states})")
    if not ours:
        return [*told, "no MLflow run has the model"]
    last = ours[-1]
    if last["status"] != "FINISHED":
        told.append(f"its MLflow run is {last['status']}")
    if last["scored"] != "1":
        told.append("its MLflow run has no score")
    if last["epochs"] != str(epochs) or last["losses"] != str(epochs):
        told.append(f"its MLflow run has {last['losses']} losses of {last['epochs']} epochs")
    return told
