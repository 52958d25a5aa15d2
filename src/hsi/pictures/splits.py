"""A picture of a split: the places of its sides, and their pixels of each class."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Int32
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hsi.cube.pixels import SIDES, TEST, TRAIN, VALIDATION
from hsi.pictures.figures import thinning
from hsi.pictures.palette import palette
from hsi.split.request import Split

COLOURS = {TRAIN: (0.84, 0.15, 0.16), VALIDATION: (1.0, 0.6, 0.1), TEST: (0.20, 0.42, 0.70)}
NO_SIDE = (0.72, 0.72, 0.72)


def split_picture(
    truth: Int32[np.ndarray, "height width"],
    split: Split,
    report: dict[str, Any],
    window: int,
    class_names: tuple[str, ...],
) -> Figure:
    """Draw the sides of a split over the scene and over its truth, with their pixels by class.

    Args:
        truth: Class of each pixel, 0 for unlabelled.
        split: Sides of the labelled pixels, and the owner of each pixel.
        report: The content of metrics/split.json.
        window: Odd side of the windows.
        class_names: Name of each class, from 1.
    """
    height, width = truth.shape
    thin = thinning(height, width)
    truth, sides, owner = (each[thin, thin] for each in (truth, split.sides, split.owner))
    panel = max(0.28 * len(class_names) + 1.0, 4.2)
    figure = Figure(
        figsize=(2 * panel * width / height + 6.0, panel + 1.1),
        layout="constrained",
        facecolor="white",
    )
    where, which, counts = figure.subplots(1, 3, width_ratios=[panel * width / height] * 2 + [5.2])

    image = np.ones((*truth.shape, 3))
    image[truth > 0] = NO_SIDE
    for side, colour in COLOURS.items():
        image[owner == side] = 0.16 * np.array(colour) + 0.84
    image[(owner > 0) & (truth > 0) & (sides == 0)] = NO_SIDE
    for side, colour in COLOURS.items():
        image[sides == side] = colour
    where.imshow(image, interpolation="nearest")
    where.set_title("Sides")
    which.imshow(palette(len(class_names))[truth], interpolation="nearest")
    which.set_title("Truth")
    for axes in (where, which):
        _outline(axes, owner == TRAIN, COLOURS[TRAIN])
        _outline(axes, owner == VALIDATION, COLOURS[VALIDATION])
        axes.set_axis_off()

    _bars(counts, report["per_class"], class_names)
    present = [side for side in SIDES if report[side]]
    handles: list[Any] = [Patch(color=COLOURS[SIDES[side]], label=side) for side in present]
    if (sides[truth > 0] == 0).any():
        handles.append(Patch(color=NO_SIDE, label="labelled, on no side"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    total = sum(report[side] for side in SIDES)
    figure.suptitle(
        f"Split: {report['method']}. {report['train']:,} of {total:,} pixels train; "
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
    """Draw the outline of a region along the edges of its pixels."""
    if inside.any():
        height, width = inside.shape
        fine = np.pad(inside, 1).repeat(2, 0).repeat(2, 1).astype(float)
        rows, columns = np.arange(2 * height + 4) / 2 - 1.25, np.arange(2 * width + 4) / 2 - 1.25
        axes.contour(columns, rows, fine, levels=[0.5], colors=[colour], linewidths=1.0)
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)


def _bars(axes: Axes, per_class: dict[str, dict[str, int]], class_names: tuple[str, ...]) -> None:
    """Draw the share of each side in each class, with the numbers beside the name of the class."""
    counts = np.array([[per_class[name][side] for side in SIDES] for name in class_names])
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    start = np.zeros(len(class_names))
    for column, side in enumerate(SIDES.values()):
        axes.barh(range(len(class_names)), share[:, column], left=start, color=COLOURS[side])
        start += share[:, column]
    used = counts.any(0)
    numbers = [" / ".join(f"{number:,}" for number in row[used]) for row in counts]
    axes.set_yticks(
        range(len(class_names)),
        [f"{name}  {beside}" for name, beside in zip(class_names, numbers, strict=True)],
        fontsize=9,
    )
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the class's pixels on a side; beside its name their numbers")
    axes.spines[["top", "right"]].set_visible(False)
