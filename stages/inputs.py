"""A stage reads only what DVC has noted of earlier stages, so that a damaged file is never used.

DVC does not read a file again whose time, size and inode have not changed, and it takes files of
its cache as they are. So a bit that a bad disk flips goes unnoticed by DVC.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import yaml

from hsi.files import md5

TOP = Path()  # a stage runs at the top of the repository


def digest(path: Path) -> str:
    """Return the md5 by which DVC names a file or, with `.dir` at its end, a folder."""
    if not path.is_dir():
        return md5(path)
    files = sorted(
        (file.relative_to(path).as_posix(), md5(file)) for file in path.rglob("*") if file.is_file()
    )
    listed = [{"md5": own, "relpath": name} for name, own in files]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode()).hexdigest() + ".dir"


def changed_inputs(stage: str) -> list[str]:
    """Return the inputs of a stage that are not as DVC has noted them in dvc.lock.

    Args:
        stage: Its name. Inputs that no stage has made are left out.
    """
    lock = TOP / "dvc.lock"
    if not lock.is_file():
        return []
    noted = yaml.load(lock.read_bytes(), yaml.CSafeLoader)["stages"]
    made = {out["path"]: out["md5"] for each in noted.values() for out in each.get("outs", [])}
    stages = yaml.load((TOP / "dvc.yaml").read_bytes(), yaml.CSafeLoader)["stages"]
    inputs = [name for name in stages[stage].get("deps", []) if name in made]
    return [name for name in inputs if (TOP / name).exists() and digest(TOP / name) != made[name]]


def refuse_changed_inputs(stage: str) -> None:
    """End a stage in an error if an input is not as DVC has noted it.

    Raises:
        ValueError: Naming the inputs and the command that leads on.
    """
    changed = changed_inputs(stage)
    if changed:
        raise ValueError(
            f"{', '.join(changed)}: not as DVC has noted it in dvc.lock; run `make doctor`, which "
            "finds a file that the disk has damaged, and then the same command"
        )
