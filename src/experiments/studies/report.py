"""The report of a study: scores with intervals, paired tests, pictures and plain sentences.

Everything is computed from the study's record by `hsi.scores.significance`. One rule gives every
verdict: Wilcoxon's signed-rank test on OA over runs with the same split and seed, corrected by Holm
over the pairs of a split, at the 5 % level. Intervals are shown and decide nothing.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from experiments.studies.plan import RunId, Study
from experiments.studies.record import (
    COSTS,
    FLOORS,
    LEAK,
    PAIRS,
    RECALL,
    RUNS,
    SCORES,
    VALIDATION,
)
from hsi.files import write
from hsi.pictures.figures import MANY, thinned_names, write_figure
from hsi.pictures.text import inches
from hsi.scores.significance import (
    LEVEL,
    holm,
    interval,
    least_signed_rank,
    mcnemar,
    signed_rank,
)

TEMPLATES = {"report.html": "report.html.jinja", "README.md": "report.md.jinja"}
FLOOR, INTERVAL = "0.55", "0.15"  # greys of the pictures
NOT_SHOWN = "no difference shown"


@dataclass(frozen=True)
class Table:
    """A table of the report: its heads, and its rows of cells."""

    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Comparison:
    """One variant against another on the same split and seeds.

    Attributes:
        split: The name of the split.
        first: The variant that the verdict is about.
        second: The variant that it is tested against.
        oa: (runs,) OA of the first minus OA of the second, in points.
        aa: (runs,) AA of the first minus AA of the second, in points.
        p: P-value of Wilcoxon's signed-rank test on OA.
        corrected: The p-value, corrected by Holm over the pairs of this split.
        only_first: Test pixels that only the first classifies correctly, summed over runs; None
            where they were not counted.
        only_second: Test pixels that only the second classifies correctly, likewise.
    """

    split: str
    first: str
    second: str
    oa: np.ndarray
    aa: np.ndarray
    p: float
    corrected: float
    only_first: int | None
    only_second: int | None

    @property
    def verdict(self) -> str:
        """Whether the first is `better` or `worse`, or `no difference shown`."""
        if self.corrected >= LEVEL:
            return NOT_SHOWN
        return "better" if np.median(self.oa) > 0 else "worse"

    @property
    def sentence(self) -> str:
        """The verdict with its numbers."""
        pair = f"{self.first} against {self.second} on {self.split}"
        runs = f"OA {spread(self.oa)} points over {len(self.oa)} paired runs"
        return f"{pair}: {self.verdict} ({runs}, corrected p = {self.corrected:.3f})."


def read_runs(study: Study, path: Path) -> pd.DataFrame:
    """Read runs.csv, with a column for every number: one that was not recorded is NaN throughout.

    In a study of validation pixels, the columns of SCORES hold the scores on validation pixels, and
    there are neither floors nor recalls, because these are measured on test pixels.
    """
    words = dict.fromkeys(("split", "variant", "experiment", "commit", "machine"), str)
    runs = pd.read_csv(path, dtype=words, keep_default_na=False, na_values=[""])
    numbers = (*SCORES, *FLOORS, LEAK, *VALIDATION, *COSTS)
    runs = runs.reindex(columns=list(dict.fromkeys([*runs.columns, *numbers])))
    if study.scored_on == "validation":
        for score, validated in zip(SCORES, VALIDATION, strict=True):
            runs[score] = runs[validated]
        runs[list(FLOORS)] = np.nan
        runs = runs.drop(columns=[each for each in runs if each.startswith(RECALL)])
    return runs


def read_pairs(path: Path) -> pd.DataFrame:
    """Read pairs.csv; without the file there are no pairs."""
    columns = ["split", "seed", "first", "second", "only_first", "only_second"]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    words = dict.fromkeys(("split", "first", "second"), str)
    return pd.read_csv(path, dtype=words, keep_default_na=False, na_values=[""])[columns]


def spread(values: np.ndarray) -> str:
    """Return the mean of signed values and half its 95 % interval, as text."""
    values = values[np.isfinite(values)]
    if not len(values):
        return "not recorded"
    mean, half = interval(values)
    return f"{mean:+.2f} ± {half:.2f}" if np.isfinite(half) else f"{mean:+.2f} (one run)"


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


def of(runs: pd.DataFrame, split: str, variant: str) -> pd.DataFrame:
    """Return the runs of one variant on one split."""
    return runs[(runs["split"] == split) & (runs["variant"] == variant)]


def differences(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of some runs minus those of others with the same seed, in points."""
    scores = list(SCORES)
    points = 100 * (one.set_index("seed")[scores] - other.set_index("seed")[scores])
    return points.dropna(subset=["oa"])


def comparisons(study: Study, runs: pd.DataFrame, pairs: pd.DataFrame) -> list[Comparison]:
    """Test every pair of variants that the study compares, on each split."""
    result = []
    for split in study.splits:
        found = []
        for first, second in study.compare:
            points = differences(of(runs, split, first), of(runs, split, second))
            if len(points):
                found.append((first, second, points, signed_rank(points["oa"].to_numpy())))
        corrected = holm([p for *_, p in found])
        for (first, second, points, p), adjusted in zip(found, corrected, strict=True):
            counted = pairs[
                (pairs["split"] == split) & (pairs["first"] == first) & (pairs["second"] == second)
            ]
            pixels = [
                int(counted[column].sum()) if len(counted) else None
                for column in ("only_first", "only_second")
            ]
            oa, aa = (points[score].to_numpy() for score in ("oa", "aa"))
            result.append(Comparison(split, first, second, oa, aa, p, adjusted, *pixels))
    return result


def seeds_needed(pairs: int) -> int:
    """Return how many seeds are needed before any of some pairs can be shown to differ."""
    return next(seeds for seeds in count(1) if pairs * least_signed_rank(seeds) < LEVEL)


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
    rows = []
    for split in study.splits:
        for variant in study.variants:
            own = of(runs, split, variant)
            scores = [cell(own[score], "not recorded" if len(own) else "") for score in SCORES]
            numbers = [
                text(own[column]) if own[column].notna().any() else ""
                for column, (_, text) in further.items()
            ]
            rows.append([split, variant, str(len(own) or "not run"), *scores, *numbers])
        once = runs[runs["split"] == split].drop_duplicates("seed")
        if once[list(FLOORS)].notna().any(axis=None):
            floors = [cell(once[floor], "not recorded") for floor in FLOORS]
            rows.append([split, "floor", str(len(once)), *floors, *[""] * len(further)])
    heads = [
        "split",
        "variant",
        "runs",
        "OA",
        "AA",
        "kappa",
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


def score_picture(study: Study, runs: pd.DataFrame) -> Figure:
    """Draw the OA of every run, with mean and 95 % interval, and the floor of every split."""
    variants = [each for each in study.variants if (runs["variant"] == each).any()]
    panels = len(study.splits)
    across, down = min(2, panels), -(-panels // 2)
    height = 1.3 + 0.38 * len(variants)
    figure = Figure(figsize=(10, 0.5 + height * down), layout="constrained")
    grid = list(figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).flat)
    for axes, split in zip(grid, study.splits, strict=False):
        once = runs[runs["split"] == split].drop_duplicates("seed")
        floor = 100 * once["floor_oa"].mean()
        title = split
        if np.isfinite(floor):
            axes.axvline(floor, color=FLOOR, linestyle="--", linewidth=1.2)
            title = f"{split}: floor {floor:.1f}"
        for place, variant in enumerate(variants):
            oa = 100 * of(runs, split, variant)["oa"].dropna().to_numpy()
            _draw_runs(axes, place, oa, f"C{place % 10}")
        axes.set_title(title, fontsize=11)
        axes.set_yticks(range(len(variants)), variants)
    grid[0].set_ylim(len(variants) - 0.4, -0.6)
    for unused in grid[panels:]:
        unused.set_axis_off()
    figure.supxlabel(
        f"OA on {study.scored_on} pixels, %: a dot for each run, mean with 95 % interval; dashed: "
        "floor"
    )
    return figure


def difference_picture(found: list[Comparison]) -> Figure:
    """Draw the paired differences of OA, run by run, with mean and 95 % interval."""
    figure = Figure(figsize=(10, 1.4 + 0.34 * len(found)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color="0.6", linewidth=1)
    colours = {"better": "C2", "worse": "C3", NOT_SHOWN: "0.45"}
    for place, each in enumerate(found):
        _draw_runs(axes, place, each.oa, colours[each.verdict])
    axes.set_yticks(
        range(len(found)),
        [f"{each.split}: {each.first} - {each.second}" for each in found],
    )
    axes.invert_yaxis()
    axes.set_xlabel(
        "OA of the first minus OA of the second on the same split and seed, points; grey: "
        f"{NOT_SHOWN}"
    )
    return figure


def _draw_runs(axes: Axes, place: int, values: np.ndarray, colour: str) -> None:
    """Draw the values of some runs as dots in one row, with mean and 95 % interval."""
    axes.plot(values, np.full(len(values), place), "o", color=colour, alpha=0.45, mec="none", ms=6)
    if len(values):
        mean, half = interval(values)
        error = half if np.isfinite(half) else 0
        axes.errorbar(mean, place, xerr=error, fmt="d", color=INTERVAL, ms=5, capsize=3)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def recall_picture(study: Study, runs: pd.DataFrame) -> Figure:
    """Draw the mean recall of each class, with a panel for each split.

    Of more than MANY classes some are named, and their recall is not written.
    """
    columns = [column for column in runs if column.startswith(RECALL)]
    variants = [each for each in study.variants if (runs["variant"] == each).any()]
    classes = tuple(name.removeprefix(RECALL) for name in columns)
    width = 3.0 + 0.62 * len(study.splits) * len(variants) + max(0.0, inches(classes) - 2.5)
    height = 1.8 + 0.3 * min(len(classes), MANY)
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, len(study.splits), sharey=True, squeeze=False)[0]
    for axes, split in zip(panels, study.splits, strict=True):
        of_split = runs[runs["split"] == split]
        means = of_split.groupby("variant")[columns].mean().reindex(variants)
        values = 100 * means.to_numpy(float).T
        axes.imshow(values, cmap="viridis", vmin=0, vmax=100, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value) and len(classes) <= MANY:
                ink = "white" if value < 60 else "black"
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=ink, size=8)
        axes.set_title(split, fontsize=11)
        axes.set_xticks(range(len(variants)), variants, rotation=60, ha="right")
        axes.set_yticks(*thinned_names(classes))
    scale = ScalarMappable(Normalize(0, 100), "viridis")
    figure.colorbar(scale, ax=panels, label="mean recall, %", shrink=0.8)
    if len(classes) > MANY:
        figure.supxlabel(f"{len(classes):,} classes, of which some are named")
    return figure


def pictures(study: Study, runs: pd.DataFrame, found: list[Comparison]) -> dict[str, Figure]:
    """Return the pictures that the record has numbers for, by file name."""
    figures = {"scores.png": score_picture(study, runs)}
    if found:
        figures["differences.png"] = difference_picture(found)
    if any(column.startswith(RECALL) for column in runs):
        figures["recall.png"] = recall_picture(study, runs)
    return figures


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
        write_figure(folder / file, figure)
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
