"""The report of a study: scores with intervals, paired tests, pictures; one HTML file, one page.

Everything is computed from the study's record, runs.csv and pairs.csv, by `hsi.significance`.
"""

import base64
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from benchmarks.study_plan import Study
from hsi.files import write
from hsi.plots import write_figure
from hsi.significance import LEVEL, holm, interval, least_signed_rank, mcnemar, signed_rank

SCORES = ("oa", "aa", "kappa")
TEMPLATES = Path(__file__).parent / "studies"
FLOOR, INTERVAL = "0.55", "0.15"  # greys


@dataclass(frozen=True)
class Comparison:
    """One variant against another on the same splits and seeds.

    Attributes:
        split: Which split of the study.
        first: The variant that is asked about.
        second: The one it is held against.
        oa: (runs,) OA of the first minus OA of the second, in points.
        aa: (runs,) likewise AA.
        p: Of Wilcoxon's signed-rank test on OA.
        corrected: The same by Holm over the comparisons on this split.
        only_first: Test pixels that only the first has right, all runs together.
        only_second: Likewise.
    """

    split: str
    first: str
    second: str
    oa: np.ndarray
    aa: np.ndarray
    p: float
    corrected: float
    only_first: int
    only_second: int

    @property
    def mcnemar(self) -> float:
        """P-value over pixels."""
        return mcnemar(self.only_first, self.only_second)

    @property
    def verdict(self) -> str:
        """Say `better`, `worse` or `no difference shown`."""
        if self.corrected >= LEVEL:
            return "no difference shown"
        return "better" if np.median(self.oa) > 0 else "worse"

    @property
    def sentence(self) -> str:
        """Say in plain words what the runs show."""
        pair = f"{self.first} against {self.second} on {self.split}"
        runs = f"OA {spread(self.oa)} points over {len(self.oa)} paired runs"
        return f"{pair}: {self.verdict} ({runs}, corrected p = {self.corrected:.3f})."


def spread(values: np.ndarray) -> str:
    """Return a signed mean and its 95 % interval."""
    mean, reach = interval(values)
    return f"{mean:+.2f} ± {reach:.2f}" if np.isfinite(reach) else f"{mean:+.2f} (one run)"


def cell(values: pd.Series) -> str:
    """Return mean, standard deviation and 95 % interval of fractions, in per cent."""
    per_cent = 100 * values.dropna().to_numpy()
    if not len(per_cent):
        return "not tested"
    mean, reach = interval(per_cent)
    if not np.isfinite(reach):
        return f"{mean:.2f}"
    return f"{mean:.2f} ± {per_cent.std(ddof=1):.2f} [{mean - reach:.2f}, {mean + reach:.2f}]"


def differences(runs: pd.DataFrame, one: dict[str, str], other: dict[str, str]) -> pd.DataFrame:
    """Return scores of some runs minus those of others with the same seed, in points.

    Args:
        runs: The record.
        one: The `split` and `variant` of the first.
        other: Of the second.
    """

    def of(place: dict[str, str]) -> pd.DataFrame:
        chosen = (runs["split"] == place["split"]) & (runs["variant"] == place["variant"])
        return runs[chosen].set_index("seed")[list(SCORES)]

    return (100 * (of(one) - of(other))).dropna()


def comparisons(study: Study, runs: pd.DataFrame, pairs: pd.DataFrame) -> list[Comparison]:
    """Test every pair of variants that the study compares, on each split."""
    result = []
    for split in study.splits:
        found = []
        for first, second in study.compare:
            both = [{"split": split, "variant": variant} for variant in (first, second)]
            points = differences(runs, both[0], both[1])
            if len(points):
                found.append((first, second, points, signed_rank(points["oa"].to_numpy())))
        corrected = holm([p for *_, p in found])
        for (first, second, points, p), adjusted in zip(found, corrected, strict=True):
            pixels = pairs[
                (pairs["split"] == split) & (pairs["first"] == first) & (pairs["second"] == second)
            ]
            result.append(
                Comparison(
                    split,
                    first,
                    second,
                    points["oa"].to_numpy(),
                    points["aa"].to_numpy(),
                    p,
                    adjusted,
                    int(pixels["only_first"].sum()),
                    int(pixels["only_second"].sum()),
                )
            )
    return result


def score_table(study: Study, runs: pd.DataFrame) -> list[list[str]]:
    """Return a row for each split and variant: how many runs, their scores, and the floor."""
    rows = []
    for split in study.splits:
        of_split = runs[runs["split"] == split]
        for variant in study.variants:
            own = of_split[of_split["variant"] == variant]
            if len(own):
                inside = 100 * own["test_inside_training_windows"].mean()
                scores = [cell(own[score]) for score in SCORES]
                rows.append([split, variant, str(len(own)), *scores, f"{inside:.0f} %"])
        if len(of_split):
            once = of_split.drop_duplicates("seed")
            floors = [cell(once[f"floor_{score}"]) for score in SCORES]
            rows.append([split, "floor", str(len(once)), *floors, ""])
    return rows


def gap_table(study: Study, runs: pd.DataFrame) -> list[list[str]]:
    """Return how much each variant scores more on one split than on another with the same seed."""
    rows = []
    for first, second in study.gaps:
        for variant in study.variants:
            both = [{"split": split, "variant": variant} for split in (first, second)]
            points = differences(runs, both[0], both[1])
            if len(points):
                gains = [spread(points[score].to_numpy()) for score in SCORES]
                rows.append([f"{first} minus {second}", variant, str(len(points)), *gains])
    return rows


def recall_table(study: Study, runs: pd.DataFrame, split: str) -> list[list[str]]:
    """Return the recall of each class, a column for each variant."""
    of_split = runs[runs["split"] == split]
    own = {each: of_split[of_split["variant"] == each] for each in study.variants}
    classes = [column for column in runs if column.startswith("recall ")]
    return [
        [column.removeprefix("recall "), *(cell(rows[column]) for rows in own.values())]
        for column in classes
    ]


def score_picture(study: Study, runs: pd.DataFrame) -> Figure:
    """Draw the OA of every run, with mean and 95 % interval, and the floor of every split."""
    count = len(study.splits)
    height = 1.3 + 0.38 * len(study.variants)
    figure = Figure(figsize=(10, 0.5 + height * -(-count // 2)), layout="constrained")
    grid = figure.subplots(-(-count // 2), 2, sharex=True, sharey=True, squeeze=False).flat
    for axes, split in zip(grid, study.splits, strict=False):
        of_split = runs[runs["split"] == split]
        floor = 100 * of_split["floor_oa"].mean()
        axes.axvline(floor, color=FLOOR, linestyle="--", linewidth=1.2)
        for place, variant in enumerate(study.variants):
            oa = 100 * of_split[of_split["variant"] == variant]["oa"].to_numpy()
            _runs_and_mean(axes, place, oa, f"C{place}")
        axes.set_title(f"{split}: floor {floor:.1f}", fontsize=11)
        axes.set_yticks(range(len(study.variants)), list(study.variants))
    grid[0].set_ylim(len(study.variants) - 0.4, -0.6)
    for unused in list(grid)[count:]:
        unused.set_axis_off()
    figure.supxlabel("OA on test pixels, %: a dot a run, mean with 95 % interval; dashed: floor")
    return figure


def difference_picture(found: list[Comparison]) -> Figure:
    """Draw the paired differences of OA, run by run, with mean and 95 % interval."""
    figure = Figure(figsize=(10, 1.4 + 0.34 * len(found)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color="0.6", linewidth=1)
    colours = {"better": "C2", "worse": "C3", "no difference shown": "0.45"}
    for place, each in enumerate(found):
        _runs_and_mean(axes, place, each.oa, colours[each.verdict])
    axes.set_yticks(
        range(len(found)),
        [f"{each.split}: {each.first} - {each.second}" for each in found],
    )
    axes.invert_yaxis()
    axes.set_xlabel(
        "OA of the first minus OA of the second on the same split and seed, points; grey: no "
        "difference shown"
    )
    return figure


def _runs_and_mean(axes: Axes, place: int, values: np.ndarray, colour: str) -> None:
    axes.plot(values, np.full(len(values), place), "o", color=colour, alpha=0.45, mec="none", ms=6)
    if len(values):
        mean, reach = interval(values)
        error = reach if np.isfinite(reach) else 0
        axes.errorbar(mean, place, xerr=error, fmt="d", color=INTERVAL, ms=5, capsize=3)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def recall_picture(study: Study, runs: pd.DataFrame) -> Figure:
    """Draw the mean recall of each class, a panel a split, a column a variant."""
    columns = [column for column in runs if column.startswith("recall ")]
    figure = Figure(
        figsize=(3.0 + 0.62 * len(study.splits) * len(study.variants), 1.8 + 0.3 * len(columns)),
        layout="constrained",
    )
    panels = figure.subplots(1, len(study.splits), sharey=True, squeeze=False)[0]
    for axes, split in zip(panels, study.splits, strict=True):
        of_split = runs[runs["split"] == split]
        means = of_split.groupby("variant")[columns].mean().reindex(list(study.variants))
        values = 100 * means.to_numpy(float).T
        axes.imshow(values, cmap="viridis", vmin=0, vmax=100, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                ink = "white" if value < 60 else "black"
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=ink, size=8)
        axes.set_title(split, fontsize=11)
        axes.set_xticks(range(len(study.variants)), list(study.variants), rotation=60, ha="right")
        axes.set_yticks(range(len(columns)), [name.removeprefix("recall ") for name in columns])
    scale = ScalarMappable(Normalize(0, 100), "viridis")
    figure.colorbar(scale, ax=panels, label="mean recall, %", shrink=0.8)
    return figure


def write_report(study: Study, name: str, folder: Path) -> None:
    """Write report.html, which needs nothing beside it, README.md and the pictures.

    Args:
        study: What was to be compared.
        name: Of the study.
        folder: Where its record is.
    """
    runs = pd.read_csv(folder / "runs.csv")
    pairs = pd.DataFrame(columns=["split", "first", "second", "only_first", "only_second"])
    if (folder / "pairs.csv").is_file():
        pairs = pd.read_csv(folder / "pairs.csv")
    found = comparisons(study, runs, pairs)
    figures = {
        "scores.png": score_picture(study, runs),
        "differences.png": difference_picture(found),
        "recall.png": recall_picture(study, runs),
    }
    for file, figure in figures.items():
        write_figure(folder / file, figure)
    seeds = runs["seed"].nunique()
    content = {
        "study": study,
        "name": name,
        "runs": runs,
        "missing": len(study.seeds) * len(study.splits) * len(study.variants) - len(runs),
        "scores": score_table(study, runs),
        "gaps": gap_table(study, runs),
        "comparisons": found,
        "recalls": {split: recall_table(study, runs, split) for split in study.splits},
        "pictures": {
            file: base64.b64encode((folder / file).read_bytes()).decode() for file in figures
        },
        "spread": spread,
        "too_few": least_signed_rank(seeds) * len(study.compare) >= LEVEL,
        "seeds": seeds,
        "least": least_signed_rank(seeds),
    }
    for template, file in (("report.html", "report.html"), ("report.md", "README.md")):
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=template.endswith("html"),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )
        text = environment.get_template(template + ".jinja").render(content)
        write(folder / file, text.encode())
