"""What every case starts from: repositories that were made undisturbed, and what they hold."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drill.state import Expected, measure
from benchmarks.drill.workplace import Ended, Workplace, copy, create
from experiments.git import git

SEED = "train.seed=7"  # what the experiments change


@dataclass(frozen=True)
class Prepared:
    """What cases start from.

    Attributes:
        empty: A repository in which nothing has run.
        finished: One in which `dvc repro` has run, and was committed.
        before: For each stage, a repository in which all stages before it have run.
        uncommitted: One in which `dvc repro` has run, as it left it.
        repro: What `dvc repro` makes of the empty one.
        experiment: What `dvc exp run` makes of the finished one.
        seconds: How long each command takes undisturbed, by its words.
    """

    empty: Workplace
    finished: Workplace
    uncommitted: Workplace
    before: dict[str, Workplace]
    repro: Expected
    experiment: Expected
    seconds: dict[str, float]


def succeeded(ended: Ended) -> Ended:
    """Return a command that has ended well.

    Raises:
        RuntimeError: With what it said, if it failed.
    """
    if ended.code != 0:
        raise RuntimeError(ended.said)
    return ended


def prepare(
    repository: Path, folder: Path, warm: Callable[[Path], dict[str, str]], stages: list[str]
) -> Prepared:
    """Make the repositories that cases start from.

    Args:
        repository: Whose last commit is tried.
        folder: Where to put them.
        warm: Starts the process in whose forks DVC and stages run, given a repository.
        stages: The names of the stages.
    """
    empty = create(repository, folder / "empty", warm)
    working = copy(empty, folder / "working")
    before = {}
    for stage in stages:
        before[stage] = copy(working, folder / f"before-{stage}")
        succeeded(working.dvc("repro", stage))
    again = copy(empty, folder / "again")
    repro = measure(again, succeeded(again.dvc("repro")).seconds)
    finished = copy(again, folder / "finished")
    git(finished.path, "add", "-A")
    git(finished.path, "commit", "--quiet", "-m", "results")
    git(finished.path, "branch", "--force", "idea")
    changed = copy(finished, folder / "changed")
    experiment = measure(changed, succeeded(changed.dvc("exp", "run", "-S", SEED)).seconds)
    seconds = {"repro": repro.seconds, "exp run": experiment.seconds}
    return Prepared(empty, finished, again, before, repro, experiment, seconds)
