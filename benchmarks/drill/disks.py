"""A disk that gets full in each stage: a small tmpfs, with less room than the stage needs."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.drill.case import FAILED, Case, Outcome
from benchmarks.drill.kills import last_words, settled
from benchmarks.drill.prepared import Prepared
from benchmarks.drill.processes import kill_all
from benchmarks.drill.scene import EPOCHS
from benchmarks.drill.state import MODEL, lost, wrong_results, wrong_runs
from benchmarks.drill.workplace import copy

SIZE = "200m"
FILLER = "filler"
FOR_DVC = 2**16  # bytes for its lock files, without which no stage begins
FULL = "No space left on device"
NOT_TRACKED = "not tracked in MLflow"


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """Mount an empty tmpfs at a new folder; this needs root."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        kill_all(path)
        subprocess.run(["umount", str(path)], check=True)


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def leave(folder: Path, room: int) -> None:
    """Fill the disk of a folder, but for some bytes."""
    found = os.statvfs(folder)
    fill = found.f_bavail * found.f_frsize - room // found.f_frsize * found.f_frsize
    with (folder / FILLER).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, fill)


def full_disk(prepared: Prepared, stage: str, room: int, path: Path) -> Outcome:
    """Let a stage begin on a disk with little room, then make room and run the same command."""
    with small_disk(path):
        place = copy(prepared.before[stage], path / "repository")
        place.edit()
        leave(path, room)
        ended = place.dvc("repro")
        (path / FILLER).unlink()
        how = f"{room:,} bytes left: {last_words(ended)}"
        if ended.code != 0 and FULL not in ended.said:
            return Outcome(FAILED, f"it does not say that the disk is full: {how}")
        expected = prepared.repro

        def check() -> list[str]:
            wrong = wrong_results(place, expected) + lost(place, expected.commit)
            if NOT_TRACKED not in ended.said:
                wrong += wrong_runs(place, range(1, 2), expected.files[MODEL], EPOCHS)
            return wrong

        return settled(lambda: place.dvc("repro"), place, check, how)


def cases(prepared: Prepared, stages: list[str], count: int, seed: int) -> list[Case]:
    """Return cases for each stage: one without any room, others with a part of what it needs."""
    generator = random.Random(f"{seed} disks")
    sizes = [size_of(prepared.before[stage].path) for stage in stages]
    sizes.append(size_of(prepared.finished.path))
    found = []
    for number, stage in enumerate(stages):
        needed = max(4096, sizes[number + 1] - sizes[number])
        shares = [0.0, *(generator.uniform(0, 1) for _ in range(count - 1))]
        for turn, share in enumerate(shares):
            room = int(share * needed) + (FOR_DVC if share else 0)
            act = partial(full_disk, prepared, stage, room)
            found.append(Case(f"disk full in {stage}", f"disk-{stage}-{turn}", act))
    return found
