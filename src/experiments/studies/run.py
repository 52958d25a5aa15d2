"""Run a study's plan as DVC experiments, and record the scores of each run.

Each run is a DVC experiment of the last commit, made in a clone of the repository, with its own
MLflow run. When it ends, its scores are read from git and become a line of `runs.csv` beside the
plan; `pairs.csv` has a line for each pair of runs that the plan compares. A recorded run is not run
again, so a study that was interrupted continues where it stopped.
"""

import io
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from itertools import chain, product
from pathlib import Path
from typing import Any

import dvc.api
import numpy as np
import yaml
from tqdm import tqdm

from experiments import tracking
from experiments.git import git
from experiments.mlflow_names import metric_names
from experiments.studies.cluster import run_experiments
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
from experiments.studies.workplace import experiments_of
from hsi.config import load_params
from hsi.cube.pixels import SIDES, TEST
from hsi.machine import processor_name

# What decides the result of an experiment.
INPUTS = ("src", "stages", "data", "dvc.yaml", "params.yaml")


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
    """Return the names of the experiments of the last commit that ended well: those git holds."""
    folder = experiments_of(commit())
    listed = git(Path(), "for-each-ref", "--format=%(refname)", folder).splitlines()
    return {name.removeprefix(folder) for name in listed}


def experiment_name(study: str, run: RunId) -> str:
    """Return the name of a run's DVC experiment."""
    return re.sub(r"[^\w-]+", "-", "-".join([study, *map(str, run), commit()[:7]]))


def queue_experiments(planned: dict[str, list[str]]) -> Generator[tuple[str, str]]:
    """Add experiments to DVC's queue; yield the name and DVC's last words of each that it refuses.

    Args:
        planned: The changes of each experiment, by its name, as in `train.seed=1`.
    """
    for experiment, changes in planned.items():
        settings = [part for change in changes for part in ("-S", change)]
        done = subprocess.run(
            ["dvc", "exp", "run", "--queue", "-n", experiment, *settings, "evaluate"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # other programs may write in the locale's encoding
            check=False,
        )
        if done.returncode != 0:
            yield experiment, " ".join(done.stderr.split())


def array_of(experiment: str, path: str) -> np.ndarray:
    """Read an array of an experiment from DVC's cache."""
    with dvc.api.open(path, rev=experiment, mode="rb") as file:
        array: np.ndarray = np.load(io.BytesIO(file.read()), allow_pickle=False)
    return array


def text_of(experiment: str, path: str) -> str:
    """Read a file of an experiment that git keeps, from an experiment of the last commit."""
    return git(Path(), "show", f"{experiments_of(commit())}{experiment}:{path}")


def json_of(experiment: str, path: str) -> dict[str, Any]:
    """Read a JSON file of an experiment, which git keeps."""
    content: dict[str, Any] = json.loads(text_of(experiment, path))
    return content


def training_seconds(experiment: str) -> float | str:
    """Return how long an experiment's training took, as MLflow has it; empty where it does not."""
    params = yaml.safe_load(text_of(experiment, "params.yaml"))
    try:
        metrics = tracking.metrics_of(params["scene"]["name"], experiment)
    except Exception as error:  # a tracking server that is down costs one number, not the record
        print(f"warning: no training time from MLflow: {error}", file=sys.stderr)
        return ""
    seconds = metrics.get("train_seconds")
    return "" if seconds is None else round(seconds, 1)


def line_of(run: RunId, experiment: str, scored_on: str) -> Row:
    """Return the line of runs.csv for a run, read from its DVC experiment.

    Args:
        run: The run.
        experiment: The name of its experiment.
        scored_on: As in the plan. The line of a study of validation pixels has no score on test
            pixels, so that nobody who reads the record chooses by one.
    """
    scores = json_of(experiment, "metrics/evaluate.json")
    split = json_of(experiment, "metrics/split.json")
    row: Row = run._asdict() | {side: split[side] for side in SIDES}
    if scored_on == "test":
        row |= {score: round(scores[score], 6) for score in (*SCORES, *FLOORS)}
    row |= {score: round(scores[score], 6) for score in VALIDATION if score in scores}
    row |= {LEAK: round(split[LEAK], 6), REGIME: scores[REGIME]}
    row |= zip(COSTS, (scores["parameters"], training_seconds(experiment)), strict=True)
    if scored_on == "test":
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


def run_missing(study: Study, folder: Path, cluster: str | None) -> list[str]:
    """Run what the record lacks, and record each run when it ends; return error messages.

    Args:
        study: The plan.
        folder: The folder of the study.
        cluster: The workers that run it, as `run_experiments` takes them; None to add what is
            missing to DVC's queue rather than to run it.
    """
    record, name = folder / RUNS, folder.resolve().name
    rows = {run_of(row): row for row in read_record(record)}
    plan = study.runs()
    missing = {experiment_name(name, run): run for run in plan if run not in rows}
    if not missing:
        return []
    done = finished() & missing.keys()
    waiting = {each: study.changes(run) for each, run in missing.items() if each not in done}
    if waiting:
        refuse_uncommitted()
    failures = []
    running = run_experiments(cluster, commit(), waiting) if cluster else queue_experiments(waiting)
    with closing(running):
        ends = chain(((each, "") for each in done), running)
        for experiment, failure in tqdm(ends, name, len(missing), unit="run", disable=None):
            if failure:
                failures.append(f"{experiment}: {failure}")
                continue
            run = missing[experiment]
            rows[run] = line_of(run, experiment, study.scored_on)
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
        for score in (*SCORES, *VALIDATION, "floor_oa"):
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
