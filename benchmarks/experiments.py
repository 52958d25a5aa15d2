"""Run variants of the pipeline as DVC experiments of the last commit, outside the workspace."""

import subprocess
import time
from typing import Any

import dvc.api


def commit() -> str:
    """Return the hash of the last commit, whose code the experiments run."""
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def results(revision: str) -> dict[str, dict[str, Any]]:
    """Return what DVC shows of each experiment on a commit, by its name."""
    return {row["Experiment"]: row for row in dvc.api.exp_show(revs=revision)}


def run_missing(wanted: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Run each experiment that is not there yet, and return what DVC shows of all.

    Args:
        wanted: Names, and what each changes in params.yaml (`train.seed=1`).
    """
    revision = commit()
    there = results(revision)
    missing = {name: changes for name, changes in wanted.items() if name not in there}
    for number, (name, changes) in enumerate(missing.items(), 1):
        begun = time.monotonic()
        options = [part for change in changes for part in ("-S", change)]
        subprocess.run(["dvc", "exp", "run", "--temp", "-n", name, *options], check=True)
        print(f"{name}: {time.monotonic() - begun:.0f} s, {number}/{len(missing)}", flush=True)
    return results(revision) if missing else there
