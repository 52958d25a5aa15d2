"""Run variants of the pipeline as DVC experiments of the last commit, outside the workspace."""

import subprocess
from typing import Any

import dvc.api


def commit() -> str:
    """Return the hash of the last commit, whose code the experiments run."""
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def run(name: str, changes: list[str]) -> dict[str, Any]:
    """Return what DVC shows of an experiment on the last commit, running it if it is not there.

    Args:
        name: Of the experiment.
        changes: What it sets in params.yaml (`train.seed=1`).
    """
    found = finished().get(name)
    if found is None:
        options = [part for change in changes for part in ("-S", change)]
        subprocess.run(["dvc", "exp", "run", "--temp", "-n", name, *options], check=True)
        found = finished().get(name)
    assert found is not None
    return found


def finished() -> dict[str, dict[str, Any]]:
    """Return, by name, what DVC shows of the experiments on the last commit that ended well."""
    # One that runs, or was killed, shows the scores of the commit it started from.
    return {
        row["Experiment"]: dict(row)
        for row in dvc.api.exp_show(revs=commit())
        if row.get("State") in (None, "Success")
    }
