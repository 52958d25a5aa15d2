"""Copies of the repository in which experiments ran that were killed."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.doctor.finding import Finding

COPIES = ("tmp*", "standalone/tmp*")


def remove(folder: Path) -> str:
    """Remove a folder with what is in it."""
    shutil.rmtree(folder)
    return ""


def find(root: Path) -> Iterator[Finding]:
    """Look for such copies; it is assumed that no DVC works in them."""
    experiments = root / ".dvc/tmp/exps"
    for folder in [each for pattern in COPIES for each in sorted(experiments.glob(pattern))]:
        size = sum(file.lstat().st_size for file in folder.rglob("*")) / 1e6
        what = f"{folder.relative_to(root)} is the copy of an experiment that died, {size:.1f} MB"
        remedy = "remove it; checkpoints of its training are in .scratch"
        yield Finding(what, remedy, partial(remove, folder))
    running = experiments / "run/workspace"
    if running.is_dir():
        what = f"{running.relative_to(root)} says that an experiment runs in the workspace"
        yield Finding(what, "remove it", partial(remove, running))
