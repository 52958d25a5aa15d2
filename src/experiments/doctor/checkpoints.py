"""Checkpoints of trainings that never ended."""

import time
from collections.abc import Iterator
from pathlib import Path

from experiments.doctor.finding import Finding


def find(root: Path) -> Iterator[Finding]:
    """Name each checkpoint, its size and its age. They are kept, for a training may go on."""
    for path in sorted((root / ".scratch").glob("*.pt")):
        kept = path.stat()
        hours = (time.time() - kept.st_mtime) / 3600
        age = f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.1f} hours"
        what = f"{path.relative_to(root)} is a checkpoint, {kept.st_size / 1e6:.1f} MB, {age} old"
        remedy = "the same `dvc repro` or `dvc exp run` goes on from it; `make clean` removes all"
        yield Finding(what, remedy, None, wrong=False)
