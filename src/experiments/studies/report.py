"""The report of a study: scores with intervals, paired tests, pictures and plain sentences.

Everything is computed from the study's record; comparison.py says what counts as a difference.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from experiments.studies.comparison import (
    Comparison,
    comparisons,
    differences,
    of,
    read_pairs,
    read_runs,
    regime_of,
    seeds_needed,
    spread,
)
from experiments.studies.plan import RunId, Study
from experiments.studies.record import FLOORS, LEAK, PAIRS, RECALL, REGIME, RUNS, SCORES
from experiments.studies.report_pictures import pictures, write_picture
from hsi.files import write
from hsi.scores.significance import interval, least_signed_rank, mcnemar

TEMPLATES = {"report.html": "report.html.jinja", "README.md": "report.md.jinja"}


@dataclass(frozen=True)
class Table:
    """A table of the report: its heads, and its rows of cells."""

    heads: list[str]
    rows: list[list[str]]


def cell(values: pd.Series, empty: str) -> str:
    """Return mean, standard deviation and 95 % interval of fractions, in per cent.

    Args:
        values: One fraction for each run; NaN where there is none.
        empty: What to say if there is none at all.
    """
    per_cent = 100 * values.dropna().to_numpy(float)
    if not len(per_cent):
        return empty
    mean, half = interval(per_cent)
    if not np.isfinite(half):
        return f"{mean:.2f}"
    return f"{mean:.2f} ± {per_cent.std(ddof=1):.2f} [{mean - half:.2f}, {mean + half:.2f}]"


def _share(values: pd.Series) -> str:
    return f"{100 * values.mean():.0f} %"


def _median(values: pd.Series) -> str:
    return f"{values.median():,.0f}"


# Columns of the table of scores that not every record has: head, and text of some runs' values.
FURTHER_COLUMNS: dict[str, tuple[str, Callable[[pd.Series], str]]] = {
    LEAK: ("leak", _share),
    "parameters": ("parameters", _median),
    "train_seconds": ("training, s", _median),
}


def score_table(study: Study, runs: pd.DataFrame) -> Table:
    """Return a row for each split and variant, and one for the floor of each split.

    The columns after the scores are there if any run has recorded them.
    """
    further = {key: each for key, each in FURTHER_COLUMNS.items() if runs[key].notna().any()}
    known, floored = runs[REGIME].notna().any(), runs[list(FLOORS)].notna().any(axis=None)
    rows = []
    for split in study.splits:
        for variant in study.variants:
            own = of(runs, split, variant)
            scores = [cell(own[score], "not recorded" if len(own) else "") for score in SCORES]
            numbers = [
                text(own[column]) if own[column].notna().any() else ""
                for column, (_, text) in further.items()
            ]
            regime = [regime_of(runs, variant)] if known else []
            points = 100 * (own["oa"] - own["floor_oa"]).to_numpy()
            gain = [spread(points) if len(own) else ""] if floored else []
            many = str(len(own) or "not run")
            rows.append([split, variant, many, *regime, *scores, *gain, *numbers])
        once = runs[runs["split"] == split].drop_duplicates("seed")
        if once[list(FLOORS)].notna().any(axis=None):
            floors = [cell(once[floor], "not recorded") for floor in FLOORS]
            regime = ["transductive"] if known else []
            rows.append(
                [split, "floor", str(len(once)), *regime, *floors, *[""] * (1 + len(further))]
            )
    heads = [
        "split",
        "variant",
        "runs",
        *(["regime"] if known else []),
        "OA",
        "AA",
        "kappa",
        *(["OA minus floor"] if floored else []),
        *(head for head, _ in further.values()),
    ]
    return Table(heads, rows)


def gap_table(study: Study, runs: pd.DataFrame) -> Table:
    """Return how much more each variant scores on one split than on another with the same seed."""
    rows = []
    for first, second in study.gaps:
        for variant in study.variants:
            points = differences(of(runs, first, variant), of(runs, second, variant))
            if len(points):
                gains = [spread(points[score].to_numpy()) for score in SCORES]
                rows.append([f"{first} minus {second}", variant, str(len(points)), *gains])
    return Table(["splits", "variant", "runs", "OA", "AA", "kappa"], rows)


def comparison_table(found: list[Comparison]) -> Table:
    """Return a row for each comparison, with McNemar's test where test pixels were counted."""
    counted = any(each.only_first is not None for each in found)
    heads = ["split", "first", "second", "runs", "OA, points", "AA, points", "Wilcoxon p",
             "Holm p", "verdict"]  # fmt: skip
    rows = []
    for each in found:
        row = [each.split, each.first, each.second, str(len(each.oa)), spread(each.oa),
               spread(each.aa), f"{each.p:.3f}", f"{each.corrected:.3f}", each.verdict]  # fmt: skip
        if each.only_first is not None and each.only_second is not None:
            row += [f"{each.only_first:,}", f"{each.only_second:,}"]
            row += [f"{mcnemar(each.only_first, each.only_second):.2g}"]
        elif counted:
            row += ["not counted", "not counted", ""]
        rows.append(row)
    further = ["only first correct", "only second correct", "McNemar p"] if counted else []
    return Table([*heads, *further], rows)


def recall_table(study: Study, runs: pd.DataFrame, split: str) -> Table:
    """Return the recall of each class on one split, with a column for each variant."""
    own = {variant: of(runs, split, variant) for variant in study.variants}
    drawn = {variant: rows for variant, rows in own.items() if len(rows)}
    rows = [
        [
            column.removeprefix(RECALL),
            *(cell(rows[column], "not tested") for rows in drawn.values()),
        ]
        for column in runs
        if column.startswith(RECALL)
    ]
    return Table(["class", *drawn], rows)


def write_report(study: Study, folder: Path) -> None:
    """Write the report beside the record.

    It is `report.html`, a single file with everything in it, and `README.md` with its pictures,
    which git keeps.

    Args:
        study: The plan.
        folder: The folder of the study, with its record.
    """
    runs = read_runs(study, folder / RUNS)
    found = comparisons(study, runs, read_pairs(folder / PAIRS))
    figures = pictures(study, runs, found)
    for file, figure in figures.items():
        write_picture(folder / file, figure)
    recorded = {RunId(*each) for each in runs[["split", "variant", "seed"]].itertuples(index=False)}
    seeds = runs["seed"].nunique()
    recalls = {split: recall_table(study, runs, split) for split in study.splits}
    content = {
        "study": study,
        "name": folder.resolve().name,
        "runs": runs,
        "seeds": seeds,
        "missing": len(set(study.runs()) - recorded),
        "scores": score_table(study, runs),
        "gaps": gap_table(study, runs),
        "comparisons": found,
        "tests": comparison_table(found),
        "recalls": {split: table for split, table in recalls.items() if table.rows},
        "pictures": {
            file: base64.b64encode((folder / file).read_bytes()).decode() for file in figures
        },
        "spread": spread,
        "least": least_signed_rank(seeds),
        "needed": seeds_needed(len(study.compare)),
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=jinja2.select_autoescape(["html.jinja"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    for file, template in TEMPLATES.items():
        text = environment.get_template(template).render(content)
        write(folder / file, f"{text.rstrip()}\n".encode())
