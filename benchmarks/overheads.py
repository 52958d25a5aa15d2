"""Measure what DVC, MLflow and imports add to an experiment that computes next to nothing.

    python -m benchmarks.overheads

The experiment is linear discriminant analysis of single pixels of Indian Pines, in a clone of the
last commit. It takes turns between the ways to run it, and each run has a seed of its own, so that
DVC restores nothing.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, chdir
from itertools import count
from pathlib import Path

from tqdm import tqdm

from benchmarks.performance_page import publish, table
from benchmarks.stages import clone_repository
from benchmarks.timing import run_measured
from experiments.git import git
from experiments.studies.warm import WARM, run_module
from experiments.studies.workplace import Workplace, origin_here, threads_for

TURNS = 3
STAGES = ("split", "reduce", "patches", "train", "evaluate")  # all that an experiment below runs
SMALL = ("model.name=lda", "patches.window=1", "train.seed={seed}", "split.seed={seed}")


def hide_c_parser(folder: Path) -> dict[str, str]:
    """Return an environment in which DVC does not find the package that reads YAML in C."""
    folder.mkdir()
    (folder / "_ruamel_yaml.py").write_text("raise ImportError\n", encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def run(clone: Path, environment: dict[str, str], *command: str) -> float:
    """Run a command in a clone, and return its seconds."""
    kept = os.environ | {"DVC_NO_ANALYTICS": "true"} | environment
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return run_measured(list(command), cwd=clone, env=kept, **quiet)[0]


def run_in(workplace: Workplace, experiment: str, changes: list[str]) -> float:
    """Run an experiment in a workplace, and return its seconds."""
    begun = time.monotonic()
    failure = workplace.run(experiment, changes, "evaluate")
    if failure:
        raise RuntimeError(failure)
    return time.monotonic() - begun


def run_stages_in(workplace: Workplace) -> float:
    """Run the stages of a workplace's experiment without DVC, and return their seconds."""
    begun = time.monotonic()
    environment = os.environ | workplace.environment
    with open(os.devnull, "wb") as quiet:
        for stage in STAGES:
            command = [f"stages.{stage}"]
            code = run_module(
                environment[WARM], command, workplace.folder, environment, quiet.fileno()
            )
            if code:
                raise RuntimeError(f"{stage} ended with code {code}")
    return time.monotonic() - begun


def main() -> None:
    """Measure and publish."""
    seeds = count(1)

    def small() -> list[str]:
        seed = next(seeds)
        return [each.format(seed=seed) for each in SMALL]

    def settings() -> list[str]:
        return [part for change in small() for part in ("-S", change)]

    with tempfile.TemporaryDirectory() as folder, ExitStack() as ends:
        clone = Path(folder) / "clone"
        clone_repository(clone, "HEAD")
        for key, value in (("user.name", "benchmark"), ("user.email", "benchmark@example.org")):
            subprocess.run(["git", "-C", str(clone), "config", key, value], check=True)
        slow = hide_c_parser(Path(folder) / "hidden")
        run(clone, {}, "dvc", "exp", "run", *settings())  # the workspace is up to date now
        os.environ["DVC_NO_ANALYTICS"] = "true"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        with chdir(clone):
            workplace = Workplace(origin_here(git(clone, "rev-parse", "HEAD")), threads_for(1))
        ends.callback(workplace.close)
        run_in(workplace, "first", small())  # once it has imported the packages
        ways = {"`dvc exp run --temp`, YAML in Python": slow, "`dvc exp run --temp`": {}}
        nothing: dict[str, list[float]] = defaultdict(list)
        whole: dict[str, list[float]] = defaultdict(list)
        for turn in tqdm(range(TURNS), "overheads", unit="turn", disable=None):
            for way, environment in ways.items():
                nothing[way].append(run(clone, environment, "dvc", "repro"))
                experiment = ["dvc", "exp", "run", "--temp", *settings(), "evaluate"]
                whole[way].append(run(clone, environment, *experiment))
            whole["a study's workplace"].append(run_in(workplace, f"turn-{turn}", small()))
            whole["its stages without DVC"].append(run_stages_in(workplace))
    rows = [
        [way, f"{statistics.median(nothing[way]):.1f}" if way in nothing else "",
         f"{statistics.median(found):.1f}"]
        for way, found in whole.items()
    ]  # fmt: skip
    heads = ["way", "`dvc repro` with nothing to do, s", "an experiment, s"]
    publish(
        "overheads",
        "What DVC, MLflow and imports add",
        f"""The experiment is linear discriminant analysis of single pixels of Indian Pines, from
`split` to `evaluate`. *YAML in Python* is without the package ruamel.yaml.clib, with which DVC
reads YAML in C: it reads dvc.yaml, dvc.lock and params.yaml some eighty times in an experiment. *A
study's workplace* is how studies and `make folds` run: in a clone that stays, DVC and the stages in
forks of one process (src/experiments/studies/workplace.py). *Its stages without DVC* are what the
experiment computes, draws and tells MLflow, in forks of the same process. Medians of {TURNS}, taken
in turns.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
