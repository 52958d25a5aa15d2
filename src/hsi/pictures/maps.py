"""A scene, its truth, its map, and how reliable the map is, in one figure."""

import numpy as np
import spectral
from jaxtyping import Float, Int, Int32, Num
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hsi.cube.pixels import TEST, Pixels
from hsi.inference.prediction import Prediction
from hsi.pictures.figures import thinning
from hsi.pictures.palette import UNLABELLED, WRONG, palette
from hsi.scene.info import SceneInfo


def map_picture(
    cube: Num[np.ndarray, "height width bands"],
    truth: Int32[np.ndarray, "height width"],
    prediction: Prediction,
    pixels: Pixels,
    answers: Int[np.ndarray, " pixels"],
    info: SceneInfo,
) -> Figure:
    """Draw a scene, its truth, its map, the errors on labelled pixels, confidence and entropy.

    Args:
        cube: The scene as distributed.
        truth: Class of each pixel, 0 for unlabelled.
        prediction: Of every pixel, with nothing hidden.
        pixels: The labelled pixels and their sides; only errors on test pixels are counted.
        answers: Class of each of these pixels, from 0, as it was scored: where sides are hidden
            from each other it may differ from the map.
        info: Names of classes, bands to show, and sensor.
    """
    height, width = truth.shape
    colours = palette(len(info.class_names))
    scored = np.zeros(truth.shape, np.int32)
    scored[pixels.rows, pixels.columns] = answers + 1
    wrong = (scored > 0) & (scored != truth)
    tested = pixels.on(TEST)
    labels = int((truth > 0).sum())
    errors = int(wrong[tested.rows, tested.columns].sum())
    thin = thinning(height, width)
    maps = (truth, prediction.classes, prediction.confidence, prediction.entropy, scored, wrong)
    cube = cube[thin, thin]
    truth, classes, confidence, entropy, scored, wrong = (each[thin, thin] for each in maps)

    tall = height > 1.3 * width
    rows, columns = (1, 6) if tall else (2, 3)
    panel = 3.2 if tall else 4.4
    figure = Figure(
        figsize=(columns * panel, rows * (panel * height / width + 0.4) + 1.9),
        layout="constrained",
        facecolor="white",
    )
    figure.suptitle(_title(info), fontsize=14, fontweight="bold")
    axes = figure.subplots(rows, columns).flat

    def show(axis: Axes, image: np.ndarray, caption: str) -> None:
        axis.imshow(image, interpolation="nearest")
        axis.set_title(caption, fontsize=11)
        axis.set_axis_off()

    show(axes[0], false_colour(cube, info.false_colour), "Scene (false colour)")
    show(axes[1], colours[truth], f"Truth ({labels:,} labelled pixels)")
    show(axes[2], colours[classes], "Map (every pixel)")
    shares = f"{errors:,} wrong of {len(tested):,} tested"
    faded = np.where(scored[..., None] > 0, 0.35 * colours[scored] + 0.65, 1.0)
    show(axes[3], np.where(wrong[..., None], WRONG, faded), f"Errors ({shares})")
    sure = (confidence, "viridis", "Confidence (probability of the map's class)")
    for axis, (values, name, caption) in zip(
        axes[4:], (sure, (entropy, "magma", "Entropy (1: no idea which class)")), strict=True
    ):
        show(axis, colormaps[name](values), caption)
        scale = axis.inset_axes((0.1, -0.06, 0.8, 0.03))
        figure.colorbar(ScalarMappable(cmap=name), cax=scale, orientation="horizontal")

    handles = [
        Patch(facecolor=colour, edgecolor="0.5", linewidth=0.5, label=name)
        for colour, name in zip(colours[1:], info.class_names, strict=True)
    ]
    handles += [
        Patch(facecolor=UNLABELLED, edgecolor="0.5", linewidth=0.5, label="unlabelled"),
        Patch(facecolor=WRONG, label="wrong"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    return figure


def _title(info: SceneInfo) -> str:
    name = info.name.replace("_", " ").title()
    return f"{name}: {info.sensor}" if info.sensor else f"{name} scene"


def false_colour(
    cube: Num[np.ndarray, "height width bands"], bands: tuple[int, int, int]
) -> Float[np.ndarray, "height width 3"]:
    """Return three bands as red, green and blue, each stretched from its 2nd to 98th percentile."""
    return np.clip(spectral.get_rgb(cube, bands, stretch=(0.02, 0.98)), 0, 1)
