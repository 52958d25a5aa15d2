"""Files by which DVC and git remember what they are doing, and that a kill broke or left.

DVC writes its JSON in place, so a kill leaves it empty or cut off, and every later command fails.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dvc.rwlock import SCHEMA
from voluptuous import Invalid

from experiments.doctor.finding import Finding
from experiments.git import git_folder

JSON = (
    "rwlock",
    "exps/rwlock",
    "exps/**/run/*/*.json",
    "exps/**/run/*/*.run",
    "exps/celery/*.json",
    "exps/celery/broker/*/*.msg",
    "exps/celery/result/celery-task-meta-*",
)
LOCKS = ("*.lock", "refs/**/*.lock")
HARD_LINKS = ("lock", "rwlock.lock", "exps/rwlock.lock")


def remove(path: Path) -> str:
    """Remove a file."""
    path.unlink(missing_ok=True)
    return ""


def is_whole(path: Path) -> bool:
    """Say whether a file holds an object in JSON, and an rwlock what DVC writes into one."""
    try:
        content = json.loads(path.read_bytes())
        if path.name == "rwlock":
            SCHEMA(content)
    except (ValueError, RecursionError, Invalid):
        return False
    return isinstance(content, dict)


def find(root: Path) -> Iterator[Finding]:
    """Look for broken JSON and left locks; it is assumed that no DVC and no git works here."""
    for path in [each for pattern in JSON for each in sorted((root / ".dvc/tmp").glob(pattern))]:
        if path.is_file() and not is_whole(path):
            size = path.stat().st_size
            how = f"is broken JSON of {size:,} bytes" if size else "is empty"
            what = f"{path.relative_to(root)} {how}"
            yield Finding(what, "remove it; DVC writes it anew", partial(remove, path))
    for path in [root / ".dvc/tmp" / name for name in HARD_LINKS]:
        # With core.hardlink_lock DVC's lock is a second name of a file, and outlives its process.
        if path.is_file() and path.stat().st_nlink > 1:
            what = f"{path.relative_to(root)} is the lock of a DVC that is dead"
            yield Finding(what, "remove it", partial(remove, path))
    folder = git_folder(root)
    for path in [each for pattern in LOCKS for each in sorted(folder.glob(pattern))]:
        what = f"{path.relative_to(folder.parent)} is the lock of a git that is dead"
        yield Finding(what, "remove it; git refuses to work otherwise", partial(remove, path))
