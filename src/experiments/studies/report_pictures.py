"""The pictures of a study's report."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from PIL import Image

from experiments.studies.comparison import NOT_SHOWN, Comparison, of
from experiments.studies.plan import Study
from experiments.studies.record import RECALL
from hsi.files import write
from hsi.pictures.figures import MANY, thinned_names, write_figure
from hsi.pictures.text import inches
from hsi.scores.significance import interval

FLOOR, INTERVAL = "0.55", "0.15"  # greys
COLOURS = 256  # of a picture, which git keeps: they take a quarter of the bytes of all colours
BESIDE = 30  # columns of recalls; panels with more in all stand below one another


def write_picture(path: Path, figure: Figure) -> None:
    """Write a picture of a report as PNG with a palette; the same figure gives the same bytes."""
    write_figure(path, figure)
    buffer = io.BytesIO()
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(COLOURS).save(buffer, "PNG", optimize=True)
    write(path, buffer.getbuffer())


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
    for last in grid[panels - across : panels]:  # in the last row that a column has
        last.tick_params(labelbottom=True)
    grid[0].set_ylim(len(variants) - 0.4, -0.6)
    for unused in grid[panels:]:
        unused.set_axis_off()
    least, most = grid[0].get_xlim()
    grid[0].set_xlim(right=min(most, 100 + 0.02 * (100 - least)))  # intervals may reach beyond 100
    dashed = "; dashed: floor" if runs["floor_oa"].notna().any() else ""
    figure.supxlabel(
        f"OA on {study.scored_on} pixels, %: a dot for each run, mean with 95 % interval{dashed}"
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
    figure.supxlabel(
        "OA of the first minus OA of the second on the same split and seed, points; grey: "
        f"{NOT_SHOWN}",
        fontsize="medium",
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
    splits = len(study.splits)
    across = splits if splits * len(variants) <= BESIDE else 1
    down = splits // across
    width = 3.0 + 0.62 * across * len(variants) + max(0.0, inches(classes) - 2.5)
    height = 1.5 + down * (0.3 + 0.3 * min(len(classes), MANY))
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes, split in zip(panels.flat, study.splits, strict=True):
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
    figure.colorbar(scale, ax=panels, label="mean recall, %", shrink=0.8 / down)
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
