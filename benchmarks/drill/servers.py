"""MLflow's store that is dead, hangs, dies half-way, or whose database is locked for 30 s."""

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.drill.case import FAILED, NAMED, RIGHT, Case, Outcome
from benchmarks.drill.disks import NOT_TRACKED
from benchmarks.drill.kills import last_words
from benchmarks.drill.prepared import Prepared
from benchmarks.drill.scene import EPOCHS
from benchmarks.drill.state import MODEL, lost, wrong_results, wrong_runs
from benchmarks.drill.workplace import Ended, Workplace, copy

HOST = "127.0.0.1"
LOCKED_SECONDS = 30.0
START_SECONDS = 120.0
LATEST = 0.5  # share of the time from `train` to the end; what follows asks nothing of MLflow


def judged(
    prepared: Prepared, place: Workplace, ended: Ended, runs: range | None, ended_before: float
) -> Outcome:
    """Say what came out of a `dvc repro`: MLflow costs a warning, never a result.

    Args:
        prepared: What to expect.
        place: Where it ran.
        ended: The command.
        runs: How many MLflow runs the repository may have; None if they are elsewhere.
        ended_before: Seconds after which MLflow failed. A command that ended before got no warning.
    """
    wrong = [] if ended.code == 0 else [f"it failed: {last_words(ended)}"]
    wrong += wrong_results(place, prepared.repro) + lost(place, prepared.repro.commit)
    warned = NOT_TRACKED in ended.said
    if not warned:
        unnoticed = ["no warning"] if ended.seconds > ended_before else []
        wrong += unnoticed if runs is None else wrong_runs(
            place, runs, prepared.repro.files[MODEL], EPOCHS
        )  # fmt: skip
    how = f"{ended.seconds:.0f} s, {ended.said.count(NOT_TRACKED)} warnings"
    if wrong:
        return Outcome(FAILED, f"{how}: {'; '.join(wrong)}")
    return Outcome(NAMED if warned else RIGHT, how)


def with_address(prepared: Prepared, address: str, path: Path) -> Outcome:
    """Run `dvc repro` with MLflow at an address."""
    place = copy(prepared.before["train"], path)
    place.edit()
    return judged(prepared, place, place.dvc("repro", MLFLOW_TRACKING_URI=address), None, 0)


def dead(prepared: Prepared, path: Path) -> Outcome:
    """Nothing listens at the address."""
    return with_address(prepared, f"http://{HOST}:9", path)


def hanging(prepared: Prepared, path: Path) -> Outcome:
    """The server takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(100)
        return with_address(prepared, f"http://{HOST}:{listener.getsockname()[1]}", path)


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, int]]:
    """Run an MLflow server, and yield its address and its group of processes."""
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/runs.db"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | quiet,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection((HOST, port), timeout=5).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.3)
        yield f"http://{HOST}:{port}", process.pid
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def dying(prepared: Prepared, share: float, path: Path) -> Outcome:
    """The server is killed after a share of the time from `train` to the end."""
    place = copy(prepared.before["train"], path)
    place.edit()
    moment = share * prepared.seconds["exp run"]
    with server(path.with_name(f"{path.name}-server")) as (address, group):
        killer = threading.Timer(moment, os.killpg, (group, signal.SIGKILL))
        killer.start()
        ended = place.dvc("repro", MLFLOW_TRACKING_URI=address)
        killer.cancel()
    shutil.rmtree(path.with_name(f"{path.name}-server"))
    found = judged(prepared, place, ended, None, moment)
    return Outcome(found.kind, f"killed after {moment:.1f} s; {found.detail}")


def locked(prepared: Prepared, share: float, path: Path) -> Outcome:
    """Another process locks the database for 30 s after a share of the time."""
    place = copy(prepared.before["train"], path)
    place.edit()
    shutil.copytree(prepared.finished.path / ".mlflow", place.path / ".mlflow")
    moment = share * prepared.seconds["exp run"]

    def lock() -> None:
        time.sleep(moment)
        database = place.path / ".mlflow/mlflow.db"
        with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as store:
            store.execute("begin exclusive")
            time.sleep(LOCKED_SECONDS)
            store.execute("rollback")

    thread = threading.Thread(target=lock)
    thread.start()
    ended = place.dvc("repro")
    thread.join()
    found = judged(prepared, place, ended, range(2, 3), moment)
    return Outcome(found.kind, f"locked after {moment:.1f} s; {found.detail}")


def cases(prepared: Prepared, count: int, seed: int) -> list[Case]:
    """Return as many cases of each kind."""
    generator = random.Random(f"{seed} servers")
    found = []
    for number in range(count):
        share = generator.uniform(0, LATEST)
        found += [
            Case("MLflow dead", f"mlflow-dead-{number}", partial(dead, prepared)),
            Case("MLflow hangs", f"mlflow-hangs-{number}", partial(hanging, prepared)),
            Case("MLflow dies", f"mlflow-dies-{number}", partial(dying, prepared, share)),
            Case(
                "MLflow's database locked for 30 s",
                f"mlflow-locked-{number}",
                partial(locked, prepared, share),
            ),
        ]
    return found
