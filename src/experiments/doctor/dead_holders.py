"""Processes that are dead and still stand in the files by which DVC's processes avoid each other.

DVC drops a dead process from them by itself, but a zombie, or another process that has got the same
number since, counts as alive for it.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.doctor.broken_files import is_whole, remove
from experiments.doctor.finding import Finding
from experiments.processes import lived

FILES = (".dvc/tmp/rwlock", ".dvc/tmp/exps/rwlock")


def holders(path: Path) -> dict[str, list[tuple[int, str]]]:
    """Return number and command of the processes in such a file, for each name that they hold."""
    if not path.is_file() or not is_whole(path):
        return {}
    found: dict[str, list[tuple[int, str]]] = {}
    for held in json.loads(path.read_bytes()).values():
        for name, entries in held.items():
            every = entries if isinstance(entries, list) else [entries]
            found.setdefault(name, []).extend((each["pid"], each["cmd"]) for each in every)
    return found


def held_by_the_dead(root: Path, name: str) -> float:
    """Return since when a dead process holds what is named in exps/rwlock, or 0 if none does.

    `workspace` is held while `dvc exp run` puts the user's changes away in order to make an
    experiment of them, and `refs/exps/exec` while it brings them back in order to run it.
    """
    path = root / FILES[1]
    held = holders(path).get(name, [])
    moment = path.stat().st_mtime if held else 0.0
    return moment if held and not any(lived(pid, moment) for pid, _ in held) else 0.0


def find(root: Path) -> Iterator[Finding]:
    """Look for files that name dead processes only."""
    for path in [root / name for name in FILES]:
        processes = {pid: command for held in holders(path).values() for pid, command in held}
        if not processes or any(lived(pid, path.stat().st_mtime) for pid in processes):
            continue
        dead = ", ".join(f"{pid} ({command})" for pid, command in processes.items())
        what = f"{path.relative_to(root)} is held by a dead process: {dead}"
        yield Finding(what, "remove it", partial(remove, path))
