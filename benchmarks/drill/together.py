"""Two `dvc repro` at once, and a queue of eight experiments with two workers on an empty store."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.drill.case import FAILED, RIGHT, Case, Outcome
from benchmarks.drill.kills import experiments_in, last_words, settled
from benchmarks.drill.prepared import Prepared
from benchmarks.drill.processes import kill_all
from benchmarks.drill.scene import EPOCHS
from benchmarks.drill.state import MODEL, lost, runs_of, wrong_results, wrong_runs
from benchmarks.drill.workplace import copy

MANY, WORKERS = 8, 2
LONGEST = 900.0  # seconds
APART = 0.7  # seconds between the two commands for each case more


def two_repros(prepared: Prepared, apart: float, path: Path) -> Outcome:
    """Run `dvc repro` twice at once, the second some seconds later."""
    place = copy(prepared.empty, path)
    place.edit()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(place.dvc, "repro")
        time.sleep(apart)
        second = pool.submit(place.dvc, "repro")
    ended = [first.result(), second.result()]
    how = f"{apart:.1f} s apart: " + " / ".join(
        "done" if each.code == 0 else last_words(each) for each in ended
    )
    if all(each.code != 0 for each in ended):
        return Outcome(FAILED, f"both failed, {how}")
    expected = prepared.repro

    def check() -> list[str]:
        wrong = wrong_results(place, expected) + lost(place, expected.commit)
        return wrong + wrong_runs(place, range(1, 2), expected.files[MODEL], EPOCHS)

    return settled(lambda: place.dvc("repro"), place, check, how)


def queue_of_many(prepared: Prepared, path: Path) -> Outcome:
    """Queue eight experiments and start two workers, where MLflow has no store yet."""
    place = copy(prepared.finished, path)
    place.edit()
    shutil.rmtree(place.path / ".mlflow")
    before = set(experiments_in(place))
    seeds = ",".join(str(100 + number) for number in range(MANY))
    ended = place.dvc("exp", "run", "--queue", "-S", f"train.seed={seeds}")
    if ended.code != 0 or place.start_queue(WORKERS).code != 0:
        return Outcome(FAILED, f"the queue does not begin: {last_words(ended)}")
    begun = time.monotonic()
    made: set[str] = set()
    while len(made) < MANY and time.monotonic() - begun < LONGEST:
        time.sleep(2)
        made = set(experiments_in(place)) - before
        if len(made) < MANY and "Failed" in place.dvc("queue", "status").said:
            break
    spent = time.monotonic() - begun
    time.sleep(3)  # the workers tidy up
    status = place.dvc("queue", "status").said
    kill_all(place.path)
    wrong = lost(place, prepared.experiment.commit)
    successes = status.count("Success")
    if len(made) != MANY or successes != MANY:
        wrong.append(f"{len(made)} experiments, {successes} successes: {' '.join(status.split())}")
    runs = runs_of(place.path)
    good = [run for run in runs if run["status"] == "FINISHED" and run["scored"] == "1"]
    whole = [run for run in good if run["losses"] == run["epochs"] == str(EPOCHS)]
    names = {run["experiment"] for run in whole}
    if len(runs) != MANY or names != {name.rsplit("/", 1)[1] for name in made}:
        wrong.append(f"MLflow has {len(runs)} runs, {len(whole)} whole ones")
    how = f"{spent:.0f} s"
    return Outcome(FAILED, f"{how}: {'; '.join(wrong)}") if wrong else Outcome(RIGHT, how)


def repro_cases(prepared: Prepared, count: int) -> list[Case]:
    """Return pairs of `dvc repro`, further and further apart."""
    return [
        Case(
            "two `dvc repro` at once",
            f"two-repros-{number}",
            partial(two_repros, prepared, number * APART),
        )
        for number in range(count)
    ]


def queue_cases(prepared: Prepared, count: int) -> list[Case]:
    """Return queues of eight experiments."""
    title = "`dvc queue start -j 2`, 8 experiments, empty store"
    act = partial(queue_of_many, prepared)
    return [Case(title, f"queue-{number}", act, alone=True) for number in range(count)]
