"""Tasks of DVC's queue that are "Running" for ever because their worker is dead."""

import signal
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from dvc.repo import Repo

from experiments.doctor.finding import Finding


def end(root: Path, revision: str) -> str:
    """Let DVC mark a task as failed, as `dvc queue kill --force` does.

    DVC would first kill the process whose number it has noted. That one is dead, and the number may
    be another's by now, so the note says first that it ended.
    """
    with Repo(str(root)) as repo, redirect_stdout(StringIO()):
        queue = repo.experiments.celery_queue
        for entry in list(queue.iter_active()):
            if entry.stash_rev == revision:
                process = queue.proc.get(revision)
                if process is not None and process.returncode is None:
                    process.returncode = -signal.SIGKILL
                    queue.proc[revision] = process
                queue.kill([revision], force=True)
                queue.stash_failed(entry)
    return "failed now; `dvc exp run --queue` with the same -S queues it again"


def active(root: Path) -> list[Any]:
    """Return the entries of DVC's queue that say that they run."""
    if not (root / ".dvc/tmp/exps/celery").is_dir():
        return []
    with Repo(str(root)) as repo:
        return list(repo.experiments.celery_queue.iter_active())


def find(root: Path) -> Iterator[Finding]:
    """Look for tasks that run; it is assumed that no worker of the queue lives."""
    for entry in active(root):
        what = f"task {entry.name or entry.stash_rev[:7]} of DVC's queue says Running; it is dead"
        remedy = "mark it as failed; it can be queued again, and its training goes on"
        yield Finding(what, remedy, partial(end, root, entry.stash_rev))
