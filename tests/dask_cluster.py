"""A Dask cluster for a test: a scheduler and its workers, in processes of their own."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

HERE = ("--host", "127.0.0.1", "--no-dashboard")


class Cluster(NamedTuple):
    """A running cluster.

    Attributes:
        address: Of the scheduler.
        scheduler: Its process.
        workers: The process that watches over each worker.
    """

    address: str
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen]


@contextmanager
def cluster(
    workers: int, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a scheduler and workers until the end of the block.

    Args:
        workers: How many.
        folder: The current folder of every process; None for that of this process.
        environment: Theirs; None for that of this process.
    """
    with ExitStack() as ends:

        def start(module: str, *arguments: str) -> subprocess.Popen:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *arguments, *HERE],
                cwd=folder,
                env=environment,
                stderr=subprocess.PIPE,
                text=True,
            )
            ends.callback(process.communicate)
            ends.callback(kill_all, process)
            return process

        scheduler = start("dask_scheduler", "--port", "0")
        address = _words(scheduler, r"tcp://127.0.0.1:\d+")
        started = [start("dask_worker", address, "--nthreads", "1") for _ in range(workers)]
        for each in started:
            _words(each, "Registered to")
        yield Cluster(address, scheduler, started)


def kill_all(process: subprocess.Popen) -> None:
    """Kill a process and all that it has started, as when a machine loses its power."""
    try:
        top = psutil.Process(process.pid)
        top.suspend()  # it would start another in place of one that is killed
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in family:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def _words(process: subprocess.Popen, pattern: str) -> str:
    """Return what a process prints that fits a pattern."""
    assert process.stderr
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError(f"it has not printed {pattern}")
