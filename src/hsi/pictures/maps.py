"""A scene, its truth, its map, and how reliable the map is, in one figure."""

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int32, Num
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hsi.cube.pixels import TEST, Pixels
from hsi.files import part, row_chunks
from hsi.inference.prediction import Prediction
from hsi.pictures.figures import MANY, drawn_ratio, in_bytes, scale_remark, show, thinning
from hsi.pictures.palette import NO_DATA, UNLABELLED, WRONG, palette
from hsi.pictures.text import legend_columns
from hsi.scene.info import SceneInfo


def map_picture(
    cube: Num[np.ndarray, "height width bands"],
    valid: Bool[np.ndarray, "height width"],
    truth: Int32[np.ndarray, "height width"],
    prediction: Prediction,
    pixels: Pixels,
    answers: Int[np.ndarray, " pixels"],
    info: SceneInfo,
    of_all_labels: bool = False,
) -> Figure:
    """Draw a scene, its truth, its map, the errors on labelled pixels, confidence and entropy.

    Args:
        cube: The scene as distributed; of a memory-mapped file little is in memory at a time.
        valid: Whether a pixel holds data.
        truth: Class of each pixel, 0 for unlabelled. The labels of `pixels` count where they differ
            from it: masks of the user may have labels of their own (`split.file.labels`).
        prediction: Of every pixel, with nothing hidden.
        pixels: The labelled pixels and their sides; only errors on test pixels are counted.
        answers: Class of each of these pixels, from 0, as it was scored: where sides are hidden
            from each other it may differ from the map.
        info: Names of classes, bands to show, and sensor.
        of_all_labels: Whether the map is of another model than the scored one, trained on all
            labels.
    """
    height, width = truth.shape
    figure, axes, panel_height = _panels(height, width)
    figure.suptitle(_title(info) + scale_remark(height, width), fontsize=14, fontweight="bold")
    colours = palette(len(info.class_names))
    of_class, faded = in_bytes(colours), in_bytes(0.35 * colours + 0.65)
    faded[0] = 255
    truth = truth.copy()
    truth[pixels.rows, pixels.columns] = pixels.targets + 1
    labels, tested = np.count_nonzero(truth), pixels.sides == TEST
    errors = np.count_nonzero(answers[tested] != pixels.targets[tested])

    thin = thinning(height, width)
    scene = false_colour(cube, info.false_colour, valid, thin)
    valid, truth, classes, confidence, entropy = (
        each[thin, thin]
        for each in (
            valid, truth, prediction.classes, prediction.confidence, prediction.entropy
        )
    )  # fmt: skip
    drawn = (pixels.rows % thin.step == 0) & (pixels.columns % thin.step == 0)
    scored = np.zeros(truth.shape, np.int32)
    places = (pixels.rows[drawn] // thin.step, pixels.columns[drawn] // thin.step)
    scored[places] = answers[drawn] + 1
    of_errors = faded[scored]
    of_errors[(scored > 0) & (scored != truth)] = in_bytes(np.array(WRONG))
    sure, unsure = (
        colormaps[name](values, bytes=True)[..., :3]
        for name, values in (("viridis", confidence), ("magma", entropy))
    )
    whose = "by a model of all labels, not scored" if of_all_labels else "every pixel"
    images = {
        "Scene (false colour)": in_bytes(scene),
        f"Truth ({labels:,} labelled pixels)": of_class[truth],
        f"Map ({whose})": of_class[classes],
        f"Errors ({errors:,} wrong of {np.count_nonzero(tested):,} tested)": of_errors,
        "Confidence (probability of the map's class)": sure,
        "Entropy (1: no idea which class)": unsure,
    }
    for axis, (caption, image) in zip(axes, images.items(), strict=True):
        image[~valid] = in_bytes(np.array(NO_DATA))
        show(axis, image, caption)
    for axis, name in zip(axes[4:], ("viridis", "magma"), strict=True):
        scale = axis.inset_axes((0.1, -0.26 / panel_height, 0.8, 0.13 / panel_height))
        figure.colorbar(ScalarMappable(cmap=name), cax=scale, orientation="horizontal")
    _legend(figure, axes, colours, info.class_names, bool(valid.all()))
    return figure


def _panels(height: int, width: int) -> tuple[Figure, list[Axes], float]:
    """Return a figure with six panels for a scene, and their height in inches."""
    ratio = drawn_ratio(height, width)
    rows, columns, panel = (1, 6, 3.2) if ratio > 1.3 else (2, 3, 4.4)
    if ratio < 0.25:
        rows, columns, panel = 6, 1, 12.0
    panel_height = min(panel * ratio, 14.0)
    figure = Figure(
        figsize=(columns * panel, rows * (panel_height + 0.4) + 1.9),
        layout="constrained",
        facecolor="white",
    )
    return figure, list(figure.subplots(rows, columns).flat), panel_height


def _legend(
    figure: Figure,
    axes: list[Axes],
    colours: Float[np.ndarray, "classes_and_none 3"],
    class_names: tuple[str, ...],
    complete: bool,
) -> None:
    """Say what the colours mean; those of many classes are a bar with the numbers of some."""
    entries = [] if len(class_names) > MANY else list(zip(class_names, colours[1:], strict=True))
    entries += [("unlabelled", UNLABELLED), ("wrong", WRONG)]
    if not complete:
        entries.append(("no data", NO_DATA))
    labels = [label for label, _ in entries]
    width, height = figure.get_size_inches().tolist()
    columns = legend_columns(labels, width)
    further = max(0, -(-len(labels) // columns) - 4)  # rows for which the figure has no room yet
    figure.set_figheight(height + 0.21 * further)
    handles = [Patch(facecolor=each, edgecolor="0.5", linewidth=0.5) for _, each in entries]
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)
    if len(class_names) > MANY:
        many = len(class_names)
        bar = ScalarMappable(Normalize(0.5, many + 0.5), ListedColormap(colours[1:]))
        label = f"class, of {many:,}: too many to name them here"
        figure.colorbar(bar, ax=axes, location="bottom", shrink=0.6, aspect=60, label=label)


def _title(info: SceneInfo) -> str:
    name = info.name.replace("_", " ").title()
    return f"{name}: {info.sensor}" if info.sensor else f"{name} scene"


def false_colour(
    cube: Num[np.ndarray, "height width bands"],
    bands: tuple[int, int, int],
    valid: Bool[np.ndarray, "height width"],
    thin: slice,
) -> Float32[np.ndarray, "drawn_height drawn_width 3"]:
    """Return three bands as red, green and blue, each stretched from its 2nd to 98th percentile.

    Args:
        cube: The scene.
        bands: Which bands, from 0.
        valid: Whether a pixel holds data; the percentiles are those of pixels that do.
        thin: Which rows and columns to return.
    """
    drawn = valid[thin, thin]
    image = np.zeros((*drawn.shape, 3), np.float32)
    for rows in row_chunks(len(drawn), thin.step * cube.shape[1] * cube.shape[2]):
        chunk = part(cube, slice(rows.start * thin.step, rows.stop * thin.step, thin.step), thin)
        image[rows] = chunk[..., list(bands)]
    if drawn.any():
        low, high = np.percentile(image[drawn], (2, 98), axis=0)
        image -= low.astype(np.float32)
        image /= np.where(high > low, high - low, 1).astype(np.float32)
    image[~drawn] = 0
    return image.clip(0, 1)
