"""A repository of its own for a test: this working tree, set to a tiny custom scene."""

import csv
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tests.conftest import LABELS

REPOSITORY = Path(__file__).resolve().parents[2]
NO_SERVER = "http://127.0.0.1:9"  # of MLflow: nothing listens there


class Clone:
    """A repository on the tiny scene.

    Attributes:
        path: Its top folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def environment(self, **extra: str) -> dict[str, str]:
        """Put this interpreter first on the path, and leave out an outer DVC and MLflow."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
        return {**clean, "PATH": path, "DVC_NO_ANALYTICS": "true", **extra}

    def run(
        self, *command: str, fails: bool = False, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; the test fails, showing its output, if it does not end as expected."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
        assert (done.returncode != 0) == fails, "\n".join([str(command), done.stdout, *lines])
        return done

    def commit(self, message: str) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

    def runs(self) -> list[dict[str, Any]]:
        """Return each run of the repository's MLflow store, oldest first."""
        with sqlite3.connect(self.path / ".mlflow/mlflow.db") as store:
            listed = "select run_uuid, name, status from runs order by start_time"
            found = []
            for run_id, name, status in store.execute(listed).fetchall():
                rows = {
                    table: dict(
                        store.execute(f"select key, value from {table} where run_uuid=?", [run_id])
                    )
                    for table in ("tags", "params", "latest_metrics")
                }
                curve = store.execute(
                    "select step, value from metrics where run_uuid=? and key='loss' order by step",
                    [run_id],
                ).fetchall()
                found.append({"id": run_id, "name": name, "status": status, "curve": curve, **rows})
        store.close()
        return found

    def artifacts(self, run: dict[str, Any]) -> set[str]:
        """Return the files that MLflow keeps of a run, by their path below its folder.

        The library, which comes with a classifier, is left out.
        """
        folder = next((self.path / ".mlflow/artifacts").rglob(run["id"])) / "artifacts"
        found = {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
        return {path for path in found if not path.startswith("classifier/code/hsi/")}

    def table(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV file."""
        return list(csv.DictReader((self.path / name).read_text().splitlines()))

    def set(self, **sections: Any) -> None:
        """Change values in params.yaml."""
        file = self.path / "params.yaml"
        params = yaml.safe_load(file.read_text())

        def merge(into: dict, new: dict) -> None:
            for key, value in new.items():
                if isinstance(value, dict) and isinstance(into.get(key), dict):
                    merge(into[key], value)
                else:
                    into[key] = value

        merge(params, sections)
        file.write_text(yaml.safe_dump(params, sort_keys=False))


def create(path: Path, cube: np.ndarray, truth: np.ndarray) -> Clone:
    """Copy this working tree without its results, set it to the tiny scene, and commit it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (REPOSITORY / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, path / name)
    (path / "dvc.lock").unlink(missing_ok=True)
    shutil.rmtree(path / "metrics", ignore_errors=True)
    labels = np.array([255, *LABELS])[truth].astype(np.uint8)
    np.save(path / "data/scenes/cube.npy", cube)
    np.save(path / "data/scenes/truth.npy", labels)
    clone = Clone(path)
    clone.set(
        scene={
            "name": "custom",
            "custom": {
                "cube": "data/scenes/cube.npy",
                "truth": "data/scenes/truth.npy",
                "unlabelled": 255,
                "class_names": {2: "wheat", 9: "fallow"},
            },
        },
        reduce={"components": 13},
        patches={"window": 9},
        train={"epochs": 30},
        inference={"turns": False},
    )
    clone.run("git", "init", "-qb", "main")
    clone.run("git", "config", "user.name", "tester")
    clone.run("git", "config", "user.email", "tester@example.org")
    clone.run("dvc", "add", "-q", "data/scenes/cube.npy", "data/scenes/truth.npy")
    clone.commit("start")
    return clone


def copy(original: Path, path: Path) -> Clone:
    """Copy a repository with its cache and its MLflow store."""
    shutil.copytree(original, path, symlinks=True)
    return Clone(path)
