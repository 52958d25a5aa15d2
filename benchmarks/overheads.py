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
from itertools import count
from pathlib import Path

from tqdm import tqdm

from benchmarks.performance_page import publish, table
from benchmarks.stages import clone_repository
from benchmarks.timing import run_measured
from experiments.studies.warm import warm_interpreter

TURNS = 3
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


def main() -> None:
    """Measure and publish."""
    seeds = count(1)

    def small() -> list[str]:
        seed = next(seeds)
        settings = [each.format(seed=seed) for each in SMALL]
        return [part for setting in settings for part in ("-S", setting)]

    with tempfile.TemporaryDirectory() as folder, warm_interpreter(os.cpu_count() or 1) as warm:
        clone = Path(folder) / "clone"
        clone_repository(clone, "HEAD")
        for key, value in (("user.name", "benchmark"), ("user.email", "benchmark@example.org")):
            subprocess.run(["git", "-C", str(clone), "config", key, value], check=True)
        slow = hide_c_parser(Path(folder) / "hidden")
        run(clone, warm, "dvc", "exp", "run", *small())  # the workspace is up to date now
        ways = {"YAML in Python, stages start Python": slow, "stages start Python": {}}
        ways |= {"stages in forks of one process": warm}
        nothing: dict[str, list[float]] = {way: [] for way in ways}
        whole: dict[str, list[float]] = {way: [] for way in ways}
        for _ in tqdm(range(TURNS), "overheads", unit="turn", disable=None):
            for way, environment in ways.items():
                nothing[way].append(run(clone, environment, "dvc", "repro"))
                experiment = ["dvc", "exp", "run", "--temp", *small(), "evaluate"]
                whole[way].append(run(clone, environment, *experiment))
    rows = [
        [way, *(f"{statistics.median(found[way]):.1f}" for found in (nothing, whole))]
        for way in ways
    ]
    heads = ["way", "`dvc repro` with nothing to do, s", "an experiment, s"]
    publish(
        "overheads",
        "What DVC, MLflow and imports add",
        f"""The experiment is linear discriminant analysis of single pixels of Indian Pines, from
`split` to `evaluate` by `dvc exp run --temp`, as in a study. *YAML in Python* is without the
package ruamel.yaml.clib, with which DVC reads YAML in C: it reads dvc.yaml, dvc.lock and
params.yaml some eighty times in an experiment. *Forks of one process* is how studies and
`make folds` run (src/experiments/studies/warm.py). Medians of {TURNS}, taken in turns.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
