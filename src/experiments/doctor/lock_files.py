"""DVC's own files in git that a kill or a full disk cut short: dvc.lock and data/scenes/*.dvc."""

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import yaml
from dvc.schema import COMPILED_LOCKFILE_SCHEMA, COMPILED_SINGLE_STAGE_SCHEMA
from voluptuous import Invalid

from experiments.doctor.broken_files import remove
from experiments.doctor.finding import Finding
from experiments.git import git


def fault(content: bytes, schema: Callable[[object], object]) -> str:
    """Return what is wrong with the content of a file of DVC, or nothing."""
    if not content.strip(b"\0\n "):
        return "is empty"
    try:
        schema(yaml.load(content, yaml.CSafeLoader))
    except (yaml.YAMLError, Invalid, ValueError, RecursionError):
        return f"is not whole, cut off or damaged: {len(content):,} bytes"
    return "" if content.endswith(b"\n") else f"is cut off after {len(content):,} bytes"


def committed(root: Path, name: str) -> bytes:
    """Return a file's content in HEAD to the byte, or nothing if git has none."""
    asked = ["git", "show", f"HEAD:./{name}"]
    return subprocess.run(asked, cwd=root, capture_output=True, check=False).stdout


def restore(root: Path, name: str) -> str:
    """Bring back the committed content of a file."""
    git(root, "checkout", "--quiet", "HEAD", "--", name)
    return ""


def find(root: Path) -> Iterator[Finding]:
    """Look at dvc.lock and at the files that `dvc add` made of the user's scenes."""
    for path in [root / "dvc.lock", *sorted((root / "data/scenes").glob("*.dvc"))]:
        is_lock, name = path.name == "dvc.lock", path.relative_to(root).as_posix()
        schema = COMPILED_LOCKFILE_SCHEMA if is_lock else COMPILED_SINGLE_STAGE_SCHEMA
        wrong = fault(path.read_bytes(), schema) if path.is_file() else ""
        if not wrong or git(root, "ls-files", "--unmerged", "--", name):  # a merge is under way
            continue
        what = f"{name} {wrong}"
        if not fault(committed(root, name), schema):
            yield Finding(what, "bring back the committed one", partial(restore, root, name))
        elif is_lock:
            remedy = "remove it; `dvc repro` restores from its cache what it has computed before"
            yield Finding(what, remedy, partial(remove, path))
        else:
            remedy = f"remove it; `dvc add {name.removesuffix('.dvc')}` makes it anew"
            yield Finding(what, remedy, partial(remove, path))
