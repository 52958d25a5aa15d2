"""kill -9 of DVC and all that it has started, at a random moment."""

import random
import re
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.drill.case import DOCTOR, FAILED, RIGHT, Case, Outcome
from benchmarks.drill.prepared import SEED, Prepared
from benchmarks.drill.processes import kill_all
from benchmarks.drill.scene import EPOCHS
from benchmarks.drill.state import MODEL, lost, outs_of, wrong_results, wrong_runs
from benchmarks.drill.workplace import Ended, Workplace, copy
from experiments.git import git

LONGEST = 240.0  # seconds that a queue may take
WAYS = ("workspace", "--temp", "queue")


def settled(
    again: Callable[[], Ended], place: Workplace, check: Callable[[], list[str]], how: str
) -> Outcome:
    """Give the same command again, and `make doctor` if that alone does not put everything right.

    Args:
        again: Gives the command.
        place: Where.
        check: Returns what is not as it should be.
        how: What was done, for the record.
    """
    ended = again()
    first = [*([] if ended.code == 0 else [f"it failed: {last_words(ended)}"]), *check()]
    if not first:
        return Outcome(RIGHT, how)
    treated = place.doctor("--yes")
    typed = type_what_is_told(place, treated)
    because = "; ".join(first) + (f"; typed {typed}" if typed else "")
    wrong = check()
    if wrong or ended.code != 0:
        ended = again()
        wrong = [*([] if ended.code == 0 else [f"it failed: {last_words(ended)}"]), *check()]
    if treated.code != 0:
        wrong.append(f"make doctor: {last_words(treated)}")
    if wrong:
        return Outcome(FAILED, f"{how}: {'; '.join(wrong)} (before make doctor: {because})")
    return Outcome(DOCTOR, f"{how}: {because}")


def type_what_is_told(place: Workplace, treated: Ended) -> str:
    """Type the command by which the doctor says that put-away changes come back, and return it."""
    found = re.search(r"`(git stash[^`]* pop --index[^`]*)`", treated.said)
    if found is None:
        return ""
    subprocess.run(["sh", "-c", found[1]], cwd=place.path, check=False, capture_output=True)
    return found[1]


def last_words(ended: Ended) -> str:
    """Return the last line that a command printed, or of errors of a stage or DVC the first."""
    lines = [line.strip() for line in ended.said.splitlines() if line.strip()]
    failed = re.search(r"failed to run: python -m stages\.(\w+)", ended.said)
    own = [line for line in lines if failed and line.startswith(f"{failed[1]}: ")]
    errors = own + [line for line in lines if line.startswith("ERROR")]
    return (errors or lines[-1:] or [f"exit code {ended.code}"])[0]


def killed_repro(prepared: Prepared, moment: float, path: Path) -> Outcome:
    """Kill a `dvc repro` after some seconds."""
    place = copy(prepared.empty, path)
    place.edit()
    ended = place.dvc("repro", kill_after=moment)
    stages = [line for line in ended.said.splitlines() if line.startswith("Running stage")]
    how = f"killed after {moment:.1f} s, {len(stages)} stages begun"
    expected = prepared.repro

    def check() -> list[str]:
        wrong = wrong_results(place, expected) + lost(place, expected.commit)
        runs = range(expected.runs, expected.runs + 1)
        return wrong + wrong_runs(place, runs, expected.files[MODEL], EPOCHS)

    return settled(lambda: place.dvc("repro"), place, check, how)


def experiments_in(place: Workplace) -> list[str]:
    """Return the references of the experiments."""
    names = git(place.path, "for-each-ref", "--format=%(refname)", "refs/exps/??/*/*")
    return [name for name in names.splitlines() if "/exec/" not in name]


def run_queue(place: Workplace) -> Ended:
    """Queue an experiment, start a worker, and wait until it has ended."""
    before = set(experiments_in(place))
    queued = place.dvc("exp", "run", "--queue", "-S", SEED)
    if queued.code != 0:
        return queued
    started = place.start_queue(1)
    if started.code != 0:
        return started
    begun = time.monotonic()
    while time.monotonic() - begun < LONGEST:
        if set(experiments_in(place)) - before:
            time.sleep(3)  # the worker tidies up
            kill_all(place.path)  # it waits for more
            return Ended(0, "", time.monotonic() - begun)
        time.sleep(0.3)
    status = place.dvc("queue", "status")
    kill_all(place.path)
    return Ended(1, f"not done within {LONGEST:g} s: {' '.join(status.said.split())}", LONGEST)


def wrong_experiment(place: Workplace, expected: dict[str, str]) -> list[str]:
    """Return what is wrong if no experiment has the expected outputs."""
    names = experiments_in(place)
    for name in names:
        if outs_of(git(place.path, "show", f"{name}:dvc.lock")) == expected:
            return []
    return [f"none of {len(names)} experiments has the results"]


def killed_experiment(prepared: Prepared, way: str, share: float, path: Path) -> Outcome:
    """Kill a `dvc exp run` after a share of the time that it takes."""
    place = copy(prepared.finished, path)
    place.edit()
    moment = share * prepared.seconds["exp run"]
    if way == "queue":
        place.dvc("exp", "run", "--queue", "-S", SEED)
        place.start_queue(1)
        time.sleep(moment)
        kill_all(place.path)
    else:
        place.dvc(*command_of(way), kill_after=moment)
    expected = prepared.experiment

    def check() -> list[str]:
        wrong = wrong_experiment(place, expected.outs) + lost(place, expected.commit)
        if way == "workspace":
            wrong += wrong_results(place, expected)
        # If the first had ended, or a queue goes on with it too, there are two experiments; and
        # where nothing is left to run for the second, there is no run for it.
        many = range(expected.runs, prepared.repro.runs + max(1, len(experiments_in(place))) + 1)
        return wrong + wrong_runs(place, many, expected.files[MODEL], EPOCHS)

    def again() -> Ended:
        return run_queue(place) if way == "queue" else place.dvc(*command_of(way))

    return settled(again, place, check, f"killed after {moment:.1f} s")


def command_of(way: str) -> list[str]:
    """Return the words of the command."""
    return ["exp", "run", *(["--temp"] if way == "--temp" else []), "-S", SEED]


def repro_cases(prepared: Prepared, count: int, seed: int) -> list[Case]:
    """Return kills of `dvc repro`, at moments spread at random over its time."""
    generator = random.Random(f"{seed} repro")
    moments = [generator.uniform(0, prepared.seconds["repro"]) for _ in range(count)]
    return [
        Case("kill -9 of `dvc repro`", f"repro-{number}", partial(killed_repro, prepared, moment))
        for number, moment in enumerate(moments)
    ]


def experiment_cases(prepared: Prepared, count: int, seed: int) -> list[Case]:
    """Return kills of `dvc exp run`, in the workspace, with --temp and of a queue's worker."""
    generator = random.Random(f"{seed} exp run")
    cases = []
    for number in range(count):
        way = WAYS[number % len(WAYS)]
        title = {
            "workspace": "kill -9 of `dvc exp run`",
            "--temp": "kill -9 of `dvc exp run --temp`",
            "queue": "kill -9 of the worker of `dvc queue start`",
        }[way]
        act = partial(killed_experiment, prepared, way, generator.uniform(0, 1))
        cases.append(Case(title, f"exp-{number}-{way.strip('-')}", act))
    return cases
