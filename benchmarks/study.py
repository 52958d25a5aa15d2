"""A study: variants x splits x seeds as DVC experiments, their record, and a report with tests.

    python -m benchmarks.study                                  # benchmarks/studies/leak_free.yaml
    python -m benchmarks.study benchmarks/studies/mine.yaml --jobs 2
    python -m benchmarks.study --queue && dvc queue start -j 2  # then once more, to gather
    python -m benchmarks.study --report                         # run nothing, write the report anew

Every run is a DVC experiment of the last commit with its MLflow run. What came of it is read back
from DVC and kept in docs/studies/NAME/: `runs.csv`, a line for each run, and `pairs.csv`, a line
for each pair of runs that the study compares. What stands in them is not run again, so a study that
was killed goes on where it was. Report and pictures are written beside them, and MLflow gets a run
that holds the study's own as children. With --jobs the cores are shared out: one seed gives the
same again with the same number of jobs.
"""

import argparse
import io
import json
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import product
from pathlib import Path
from typing import Any

import dvc.api
import numpy as np
from tqdm import tqdm

from benchmarks.experiments import commit, finished
from benchmarks.page import machine
from benchmarks.study_plan import FOLDER, Row, Study, changes, identity, recorded, refuse_unknown
from benchmarks.study_report import write_report
from hsi.config import load, load_params
from hsi.files import write_table
from hsi.pixels import SIDES, TEST
from stages import tracking

SCORES = ("oa", "aa", "kappa", "floor_oa", "floor_aa", "floor_kappa")
LEAK = "test_inside_training_windows"
BUSY, PATIENCE = "Unable to acquire lock", 10  # what DVC says, and how often to ask again


def name_of(study: str, split: str, variant: str, seed: str) -> str:
    """Return the name of an experiment."""
    return re.sub(r"[^\w-]+", "-", f"{study}-{split}-{variant}-{seed}-{commit()[:7]}")


def execute(name: str, wanted: list[str], threads: int, queue: bool) -> str:
    """Run an experiment, or only queue it; return what went wrong, if anything did."""
    settings = [part for change in wanted for part in ("-S", change)]
    how = "--queue" if queue else "--temp"
    command = ["dvc", "exp", "run", how, "-n", name, *settings, "evaluate"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    said = ""
    for _ in range(PATIENCE):
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode == 0:
            return ""
        said = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
        if BUSY not in said:  # two that start at once may want the same lock of DVC
            break
        time.sleep(1)
    return said


def read_array(experiment: str, path: str) -> np.ndarray:
    """Return an array that an experiment has left in DVC's cache."""
    with dvc.api.open(path, rev=experiment, mode="rb") as file:
        array: np.ndarray = np.load(io.BytesIO(file.read()), allow_pickle=False)
    return array


def read_json(experiment: str, path: str) -> dict[str, Any]:
    """Return what an experiment has written into a file that git keeps."""
    content: dict[str, Any] = json.loads(dvc.api.read(path, rev=experiment))
    return content


def gather(name: str, split: str, variant: str, seed: str) -> Row:
    """Return the line of an experiment, from what DVC has of it."""
    scores = read_json(name, "metrics/evaluate.json")
    counts = read_json(name, "metrics/split.json")
    row: Row = {"split": split, "variant": variant, "seed": seed}
    row |= {side: counts[side] for side in SIDES}
    row |= {score: round(scores[score], 6) for score in SCORES}
    row[LEAK] = round(counts[LEAK], 6)
    for each, values in scores["per_class"].items():
        row[f"recall {each}"] = "" if values["recall"] is None else round(values["recall"], 6)
    return row | {"experiment": name, "commit": commit()[:7], "machine": machine()}


def agreement(first: Row, second: Row) -> Row:
    """Return how many test pixels of one split each of two runs has right."""
    right = []
    for row in (first, second):
        table = read_array(row["experiment"], "data/split/pixels.npy")
        targets = table[table[:, 3] == TEST, 2]
        predicted = read_array(row["experiment"], "data/evaluation/probability.npy").argmax(1)
        right.append(predicted == targets)
    one, other = right
    return {
        **{key: first[key] for key in ("split", "seed")},
        "first": first["variant"],
        "second": second["variant"],
        "both": int((one & other).sum()),
        "only_first": int((one & ~other).sum()),
        "only_second": int((~one & other).sum()),
        "neither": int((~one & ~other).sum()),
    }


def run_missing(study: Study, name: str, jobs: int, queue: bool) -> list[str]:
    """Run what the record lacks, recording each as it ends; return what went wrong."""
    record = FOLDER / name / "runs.csv"
    rows = {identity(row): row for row in recorded(record)}
    order = [
        (split, variant, str(seed))
        for seed, split, variant in product(study.seeds, study.splits, study.variants)
    ]
    missing = [each for each in order if each not in rows]
    done = finished() if missing else {}
    threads = max(1, (os.cpu_count() or 1) // jobs)
    failures = []

    def finish(split: str, variant: str, seed: str) -> tuple[str, str]:
        """Return the name of an experiment that has ended, and what went wrong in it."""
        title = name_of(name, split, variant, seed)
        if title in done:
            return title, ""
        return title, execute(title, changes(study, split, variant, seed), threads, queue)

    pool = ThreadPoolExecutor(1 if queue else jobs)
    futures = {pool.submit(finish, *each): each for each in missing}
    try:
        for future in tqdm(as_completed(futures), name, len(futures), unit="run", disable=None):
            title, failure = future.result()
            if failure:
                failures.append(f"{title}: {failure}")
            elif title in done or not queue:
                rows[futures[future]] = gather(title, *futures[future])
                write_table(
                    record, [rows[each] for each in dict.fromkeys([*order, *rows]) if each in rows]
                )
    finally:
        pool.shutdown(cancel_futures=True)
    return failures


def compare(study: Study, name: str) -> None:
    """Record the pairs of runs that the study compares and the record lacks."""
    path = FOLDER / name / "pairs.csv"
    rows = {identity(row): row for row in recorded(FOLDER / name / "runs.csv")}
    pairs = recorded(path)
    known = {(pair["split"], pair["seed"], pair["first"], pair["second"]) for pair in pairs}
    wanted = [
        (split, str(seed), first, second)
        for seed, split, (first, second) in product(study.seeds, study.splits, study.compare)
    ]
    for split, seed, first, second in tqdm(
        [each for each in wanted if each not in known], "pairs", unit="pair", disable=None
    ):
        both = [rows.get((split, variant, seed)) for variant in (first, second)]
        if both[0] and both[1]:
            pairs.append(agreement(both[0], both[1]))
    if pairs:
        write_table(path, pairs)


def track(name: str) -> None:
    """Hold the runs of a study together in MLflow, with its report and mean scores."""
    folder = FOLDER / name
    rows = recorded(folder / "runs.csv")
    means = {
        f"{score}/{split}/{variant}": statistics.mean(
            float(row[score]) for row in rows if (row["split"], row["variant"]) == (split, variant)
        )
        for split, variant in dict.fromkeys((row["split"], row["variant"]) for row in rows)
        for score in ("oa", "aa", "kappa", "floor_oa")
    }
    experiments = [row["experiment"] for row in rows]
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    tracking.group(load_params().scene.name, name, experiments, means, files)


def main() -> None:
    """Run, gather, compare, report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path("benchmarks/studies/leak_free.yaml")
    parser.add_argument("file", nargs="?", type=Path, default=default)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time; cores are shared out")
    parser.add_argument("--queue", action="store_true", help="queue what is missing, run nothing")
    parser.add_argument("--report", action="store_true", help="write the report, run nothing")
    arguments = parser.parse_args()
    try:
        study = load(arguments.file, Study)
        refuse_unknown(study, arguments.file, Path("params.yaml"))
    except (ValueError, OSError) as error:
        sys.exit(f"study: {error}")
    name = arguments.file.stem
    failures = []
    if not arguments.report:
        failures = run_missing(study, name, arguments.jobs, arguments.queue)
        compare(study, name)
    if recorded(FOLDER / name / "runs.csv"):
        write_report(study, name, FOLDER / name)
        track(name)
        print(f"report: {FOLDER / name / 'report.html'}")
    if failures:
        sys.exit("study: these did not end well, the rest is recorded\n" + "\n".join(failures))


if __name__ == "__main__":
    main()
