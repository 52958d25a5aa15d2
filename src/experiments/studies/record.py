"""The record of a study: `runs.csv`, a line for each run, and `pairs.csv`, a line for each pair.

Both stand beside the plan, and git keeps them. A cell is empty where a number was not recorded.
"""

import csv
from pathlib import Path
from typing import Any

from experiments.studies.plan import RunId
from hsi.files import write_table

RUNS, PAIRS = "runs.csv", "pairs.csv"
SCORES = ("oa", "aa", "kappa")
FLOORS = tuple(f"floor_{score}" for score in SCORES)
VALIDATION = tuple(f"validation_{score}" for score in SCORES)
LEAK = "test_inside_training_windows"
REGIME = "regime"  # inductive or transductive
COSTS = ("parameters", "train_seconds")
RECALL = "recall "  # followed by the name of a class

Row = dict[str, Any]


def read_record(path: Path) -> list[Row]:
    """Read the lines of a record; a record that is not there has none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_record(path: Path, rows: list[Row]) -> None:
    """Write the lines of a record; a line leaves empty what only other lines have."""
    longest_first = sorted(rows, key=len, reverse=True)
    columns = dict.fromkeys(column for row in longest_first for column in row)
    write_table(path, [dict.fromkeys(columns, "") | row for row in rows])


def run_of(row: Row) -> RunId:
    """Return which run of the study a line of runs.csv records."""
    return RunId(row["split"], row["variant"], int(row["seed"]))
