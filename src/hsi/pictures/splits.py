"""A picture of a split: the places of its sides, and their pixels of each class."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hsi.cube.pixels import SIDES, TEST, TRAIN, VALIDATION
from hsi.pictures.figures import (
    MANY,
    drawn_ratio,
    in_bytes,
    scale_remark,
    show,
    thinned_names,
    thinning,
)
from hsi.pictures.palette import NO_DATA, palette
from hsi.pictures.text import inches
from hsi.split.request import Split

COLOURS = {TRAIN: (0.84, 0.15, 0.16), VALIDATION: (1.0, 0.6, 0.1), TEST: (0.20, 0.42, 0.70)}
NO_SIDE = (0.72, 0.72, 0.72)
MOST_EDGES = 50_000  # of an outline; one with more is too fine to be seen


def split_picture(
    valid: Bool[np.ndarray, "height width"],
    split: Split,
    report: dict[str, Any],
    window: int,
    class_names: tuple[str, ...],
) -> Figure:
    """Draw the sides of a split over the scene and over its truth, with their pixels by class.

    Args:
        valid: Whether a pixel holds data.
        split: Sides of the labelled pixels, the owner of each pixel, and the truth they are of.
        report: The content of metrics/split.json.
        window: Odd side of the windows.
        class_names: Name of each class, from 1.
    """
    height, width = valid.shape
    ratio, numbers = drawn_ratio(height, width), _numbers(report["per_class"], class_names)
    panel = max(0.28 * min(len(class_names), MANY) + 1.0, 4.2)
    panel_width = max(min(panel / ratio, 12.0), 2.2)
    bars_width = 5.2 + max(0.0, 0.9 * inches(numbers) - 3.0)
    figure = Figure(
        figsize=(2 * panel_width + bars_width + 0.8, panel + 1.1),
        layout="constrained",
        facecolor="white",
    )
    where, which, counts = figure.subplots(1, 3, width_ratios=[panel_width] * 2 + [bars_width])

    thin = thinning(height, width)
    truth, valid, sides, owner = (
        each[thin, thin] for each in (split.truth, valid, split.sides, split.owner)
    )
    image = np.full((*truth.shape, 3), 255, np.uint8)
    image[truth > 0] = in_bytes(np.array(NO_SIDE))
    for side, colour in COLOURS.items():
        image[owner == side] = in_bytes(0.16 * np.array(colour) + 0.84)
    image[(owner > 0) & (truth > 0) & (sides == 0)] = in_bytes(np.array(NO_SIDE))
    for side, colour in COLOURS.items():
        image[sides == side] = in_bytes(np.array(colour))
    of_truth = in_bytes(palette(len(class_names)))[truth]
    for axes, drawn, caption in ((where, image, "Sides"), (which, of_truth, "Truth")):
        drawn[~valid] = in_bytes(np.array(NO_DATA))
        show(axes, drawn, caption)
        _outline(axes, owner == TRAIN, COLOURS[TRAIN])
        _outline(axes, owner == VALIDATION, COLOURS[VALIDATION])

    _bars(counts, report["per_class"], numbers)
    present = [side for side in SIDES if report[side]]
    handles: list[Any] = [Patch(color=COLOURS[SIDES[side]], label=side) for side in present]
    if (sides[truth > 0] == 0).any():
        handles.append(Patch(color=NO_SIDE, label="labelled, on no side"))
    if not valid.all():
        handles.append(Patch(color=NO_DATA, label="no data"))
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)
    total = sum(report[side] for side in SIDES)
    figure.suptitle(
        f"Split{scale_remark(height, width)}: {report['method']}. "
        f"{report['train']:,} of {total:,} pixels train; "
        f"{report['test_inside_training_windows']:.1%} of the test pixels lie inside a training "
        f"window of {window}\n{report['shared_pixels']:,} pixels shared; a test pixel is "
        f"{report['distance_to_training']['median']:.1f} pixels from training (median); copying "
        f"the nearest label scores {report['floor']['oa']:.2%} OA",
        fontsize=11,
    )
    return figure


def _outline(
    axes: Axes, inside: Bool[np.ndarray, "height width"], colour: tuple[float, float, float]
) -> None:
    """Draw the outline of a region along the edges of its pixels, as one broken line."""
    rows, columns = _edges(inside), _edges(inside.T)
    if 0 < len(rows) + len(columns) <= MOST_EDGES:
        line = np.concatenate([rows[..., ::-1], columns])
        broken = np.pad(line, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2)
        axes.plot(*broken.T, color=colour, linewidth=1.0, scalex=False, scaley=False)


def _edges(inside: Bool[np.ndarray, "height width"]) -> Float[np.ndarray, "edges 2 2"]:
    """Return begin and end, as row and column, of the edges of a region along its rows."""
    edge = np.diff(np.pad(inside, ((1, 1), (0, 0))).astype(np.int8), axis=0) != 0
    change = np.diff(np.pad(edge, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    return np.stack([np.argwhere(change == step) for step in (1, -1)], axis=1) - 0.5


def _numbers(per_class: dict[str, dict[str, int]], class_names: tuple[str, ...]) -> list[str]:
    """Return the name of each class with its numbers of pixels on the sides that are used."""
    used = [side for side in SIDES if any(each[side] for each in per_class.values())]
    beside = (" / ".join(f"{per_class[name][side]:,}" for side in used) for name in class_names)
    return [f"{name}  {numbers}" for name, numbers in zip(class_names, beside, strict=True)]


def _bars(axes: Axes, per_class: dict[str, dict[str, int]], numbers: list[str]) -> None:
    """Draw the share of each side in each class, with the numbers beside the name of the class."""
    counts = np.array([[each[side] for side in SIDES] for each in per_class.values()])
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    start = np.zeros(len(share))
    height = 0.8 if len(share) <= MANY else 1.0
    for column, side in enumerate(SIDES.values()):
        if not counts[:, column].any():
            continue
        axes.barh(range(len(share)), share[:, column], height, start, color=COLOURS[side])
        start += share[:, column]
    axes.set_yticks(*thinned_names(tuple(numbers)), fontsize=9)
    axes.set_ylim(len(share) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    some = "" if len(share) <= MANY else f"\n{len(share):,} classes, of which some are named"
    axes.set_xlabel(f"share of the class's pixels on a side; beside its name their numbers{some}")
    axes.spines[["top", "right"]].set_visible(False)
