"""Run a study's plan as DVC experiments, and record the scores of each run.

Each run is a DVC experiment of the last commit, made outside the workspace, with its own MLflow
run. When it ends, its scores are read from DVC and become a line of `runs.csv` beside the plan;
`pairs.csv` has a line for each pair of runs that the plan compares. A recorded run is not run
again, so a study that was interrupted continues where it stopped.
"""

import io
import json
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import dvc.api
import numpy as np
import yaml
from tqdm import tqdm

from experiments import tracking
from experiments.git import git, holds
from experiments.mlflow_names import metric_names
from experiments.studies.plan import RunId, Study
from experiments.studies.record import (
    COSTS,
    FLOORS,
    LEAK,
    PAIRS,
    RECALL,
    REGIME,
    RUNS,
    SCORES,
    VALIDATION,
    Row,
    read_record,
    run_of,
    write_record,
)
from experiments.studies.warm import warm_interpreter
from hsi.config import load_params
from hsi.cube.pixels import SIDES, TEST
from hsi.machine import processor_name

# What decides the result of an experiment.
INPUTS = ("src", "stages", "data", "dvc.yaml", "params.yaml")
BUSY, ATTEMPTS = "Unable to acquire lock", 10  # DVC's message, and how often to try again


def commit() -> str:
    """Return the hash of the last commit, whose code the experiments run."""
    return git(Path(), "rev-parse", "HEAD")


def refuse_uncommitted() -> None:
    """Refuse to start experiments while code or parameters differ from the last commit.

    DVC would copy the differences into every experiment, and the record would name a commit that
    does not have them.

    Raises:
        ValueError: Naming the files that differ.
    """
    changed = git(Path(), "diff", "--name-only", "HEAD", "--", *INPUTS).splitlines()
    if changed:
        raise ValueError(
            "a study runs the code of the last commit, which differs from the working tree in "
            f"{', '.join(changed)}; commit the changes or stash them"
        )


def finished() -> set[str]:
    """Return the names of the experiments of the last commit that ended well.

    DVC also shows experiments that still run or were killed, with the scores of the commit that
    they started from.
    """
    shown = dvc.api.exp_show(revs=commit())
    return {row["Experiment"] for row in shown if row.get("State") in (None, "Success")}


def experiment_name(study: str, run: RunId) -> str:
    """Return the name of a run's DVC experiment."""
    return re.sub(r"[^\w-]+", "-", "-".join([study, *map(str, run), commit()[:7]]))


def is_stored(experiment: str) -> bool:
    """Say whether git holds an experiment of the last commit."""
    head = commit()
    name = f"refs/exps/{head[:2]}/{head[2:]}/{experiment}"
    return holds(Path(), "show-ref", "--verify", "--quiet", name)


def execute(
    experiment: str,
    changes: list[str],
    environment: dict[str, str],
    queue: bool,
    until: str = "evaluate",
) -> str:
    """Run a DVC experiment, or add it to DVC's queue; return the error message, empty if none.

    If two experiments end at once, DVC may report that its lock is taken after it has stored one,
    or report success without having stored one, since it ignores a failed `git fetch`
    (`fetch_exps` of dvc/repo/experiments/executor/base.py in DVC 3.67). So git is asked in both
    cases, and an experiment that it lacks is run again; DVC's run cache then has its stages.

    Args:
        experiment: Its name.
        changes: What it changes in params.yaml, as in `train.seed=1`.
        environment: What to set in its environment.
        queue: Whether to add it to the queue rather than to run it.
        until: The last stage to run.
    """
    settings = [part for change in changes for part in ("-S", change)]
    where = "--queue" if queue else "--temp"
    command = ["dvc", "exp", "run", where, "-n", experiment, *settings, until]
    message = ""
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # other programs may write in the locale's encoding
            env=os.environ | environment,
            check=False,
        )
        if (done.returncode == 0 and queue) or is_stored(experiment):
            return ""
        if done.returncode == 0:
            message = "DVC reported success and has not stored the experiment"
        else:
            message = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
            if BUSY not in message:
                break
        time.sleep(1)
    return message


def array_of(experiment: str, path: str) -> np.ndarray:
    """Read an array of an experiment from DVC's cache."""
    with dvc.api.open(path, rev=experiment, mode="rb") as file:
        array: np.ndarray = np.load(io.BytesIO(file.read()), allow_pickle=False)
    return array


def json_of(experiment: str, path: str) -> dict[str, Any]:
    """Read a JSON file of an experiment, which git keeps."""
    content: dict[str, Any] = json.loads(dvc.api.read(path, rev=experiment))
    return content


def training_seconds(experiment: str) -> float | str:
    """Return how long an experiment's training took, as MLflow has it; empty where it does not."""
    params = yaml.safe_load(dvc.api.read("params.yaml", rev=experiment))
    try:
        metrics = tracking.metrics_of(params["scene"]["name"], experiment)
    except Exception as error:  # a tracking server that is down costs one number, not the record
        print(f"warning: no training time from MLflow: {error}", file=sys.stderr)
        return ""
    seconds = metrics.get("train_seconds")
    return "" if seconds is None else round(seconds, 1)


def line_of(run: RunId, experiment: str) -> Row:
    """Return the line of runs.csv for a run, read from its DVC experiment."""
    scores = json_of(experiment, "metrics/evaluate.json")
    split = json_of(experiment, "metrics/split.json")
    row: Row = run._asdict() | {side: split[side] for side in SIDES}
    row |= {score: round(scores[score], 6) for score in (*SCORES, *FLOORS)}
    row |= {score: round(scores[score], 6) for score in VALIDATION if score in scores}
    row |= {LEAK: round(split[LEAK], 6), REGIME: scores[REGIME]}
    row |= zip(COSTS, (scores["parameters"], training_seconds(experiment)), strict=True)
    for name, values in scores["per_class"].items():
        recall = values["recall"]
        row[f"{RECALL}{name}"] = "" if recall is None else round(recall, 6)
    return row | {
        "experiment": experiment,
        "commit": commit()[:7],
        "machine": processor_name(),
    }


def pair_of(first: Row, second: Row) -> Row:
    """Return the line of pairs.csv for two runs with the same split and seed.

    It counts the test pixels that both, one, or neither of the two classify correctly.
    """
    right = []
    for row in (first, second):
        pixels = array_of(row["experiment"], "data/split/pixels.npy")
        probability = array_of(row["experiment"], "data/inference/probability.npy")
        tested = pixels[:, 3] == TEST
        right.append(probability[tested].argmax(1) == pixels[tested, 2])
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


def run_missing(study: Study, folder: Path, jobs: int, queue: bool) -> list[str]:
    """Run what the record lacks, and record each run when it ends; return error messages.

    Args:
        study: The plan.
        folder: The folder of the study.
        jobs: How many experiments to run at a time; they share the cores.
        queue: Whether to add what is missing to DVC's queue rather than to run it.
    """
    record, name = folder / RUNS, folder.resolve().name
    rows = {run_of(row): row for row in read_record(record)}
    plan = study.runs()
    missing = [run for run in plan if run not in rows]
    if not missing:
        return []
    done = finished()
    if any(experiment_name(name, run) not in done for run in missing):
        refuse_uncommitted()
    failures = []

    def finish(run: RunId) -> tuple[str, str]:
        """Return the name of a run's experiment once it has ended, and its error message."""
        experiment = experiment_name(name, run)
        if experiment in done:
            return experiment, ""
        return experiment, execute(experiment, study.changes(run), environment, queue)

    with ExitStack() as ends:
        threads = max(1, (os.cpu_count() or 1) // jobs)
        environment = {} if queue else ends.enter_context(warm_interpreter(threads))
        pool = ThreadPoolExecutor(1 if queue else jobs)
        ends.callback(pool.shutdown, cancel_futures=True)
        futures = {pool.submit(finish, run): run for run in missing}
        for future in tqdm(as_completed(futures), name, len(futures), unit="run", disable=None):
            experiment, failure = future.result()
            if failure:
                failures.append(f"{experiment}: {failure}")
            elif experiment in done or not queue:
                run = futures[future]
                rows[run] = line_of(run, experiment)
                order = dict.fromkeys([*plan, *rows])
                write_record(record, [rows[each] for each in order if each in rows])
    return failures


def record_pairs(study: Study, folder: Path) -> None:
    """Record the pairs of runs that the plan compares and the record lacks.

    A pair needs the answers of both runs in DVC's cache. A record may be older than this clone's
    cache; such pairs are left out with a warning, and the report then has no pixel counts for
    them. A study of validation pixels has no pairs, because pairs count test pixels.
    """
    if study.scored_on != "test":
        return
    rows = {run_of(row): row for row in read_record(folder / RUNS)}
    pairs = read_record(folder / PAIRS)
    known = {(pair["split"], int(pair["seed"]), pair["first"], pair["second"]) for pair in pairs}
    wanted = [
        (split, seed, first, second)
        for seed, split, (first, second) in product(study.seeds, study.splits, study.compare)
        if {RunId(split, first, seed), RunId(split, second, seed)} <= rows.keys()
    ]
    missing = [each for each in wanted if each not in known]
    unavailable = 0
    for split, seed, *both in tqdm(missing, "pairs", unit="pair", disable=None):
        first, second = (rows[RunId(split, variant, seed)] for variant in both)
        try:
            pairs.append(pair_of(first, second))
        except Exception:  # DVC has errors of several packages for what it does not have
            unavailable += 1
    if unavailable:
        print(
            f"warning: {unavailable} pairs not counted, because DVC's cache does not have the "
            "answers of their runs (`dvc exp pull` brings what a remote has)",
            file=sys.stderr,
        )
    if pairs:
        write_record(folder / PAIRS, pairs)


def log_to_mlflow(folder: Path) -> None:
    """Make the runs of a study the children of one MLflow run, with its report and mean scores."""
    rows = read_record(folder / RUNS)
    means = {}
    known = [list(dict.fromkeys(row[key] for row in rows)) for key in ("split", "variant")]
    titles = [dict(zip(names, metric_names(names), strict=True)) for names in known]
    for split, variant in dict.fromkeys((row["split"], row["variant"]) for row in rows):
        for score in (*SCORES, "floor_oa"):
            values = [
                float(row[score])
                for row in rows
                if (row["split"], row["variant"]) == (split, variant) and row.get(score)
            ]
            if values:
                title = f"{score}/{titles[0][split]}/{titles[1][variant]}"
                means[title] = statistics.mean(values)
    experiments = [row["experiment"] for row in rows]
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    tracking.group(load_params().scene.name, folder.resolve().name, experiments, means, files)
