"""A class raster as pictures for people and as a raster for ENVI and QGIS."""

from pathlib import Path

import numpy as np
import spectral
from jaxtyping import Bool, Float, Float32, Int, Int32, Num
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from spectral.io import envi

UNLABELLED = (0.93, 0.93, 0.93)
WRONG = (0.05, 0.05, 0.05)
LARGEST_DRAWN = 1500  # pixels a side


def palette(classes: int) -> Float[np.ndarray, "classes_and_none 3"]:
    """Return one colour per class, class 0 (unlabelled) first, as red, green, blue in [0, 1].

    Matplotlib's tab20, its ten strong colours before the ten light ones; past 20 classes, hues
    around the circle.
    """
    if classes <= 20:
        tab20 = colormaps["tab20"](np.arange(20))[:, :3]
        colours = np.concatenate([tab20[::2], tab20[1::2]])[:classes]
    else:
        colours = colormaps["hsv"](np.linspace(0, 1, classes, endpoint=False))[:, :3]
    return np.vstack([UNLABELLED, colours])


def picture(
    cube: Num[np.ndarray, "height width bands"],
    truth: Int32[np.ndarray, "height width"],
    predicted: Int[np.ndarray, "height width"],
    confidence: Float32[np.ndarray, "height width"],
    entropy: Float32[np.ndarray, "height width"],
    test: Bool[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    bands: tuple[int, int, int],
    title: str,
) -> Figure:
    """Draw a scene, its truth, its map, the errors on labelled pixels, and how sure the map is.

    Args:
        cube: The scene as distributed.
        truth: Class of each pixel, 0 for unlabelled.
        predicted: Predicted class of each pixel, from 1.
        confidence: Probability of the predicted class.
        entropy: Of all classes' probabilities, 0 to 1.
        test: Which pixels were tested; only their errors count in the title.
        class_names: Name of each class, from 1.
        bands: Three bands, from 0, to show as red, green and blue.
        title: Of the whole figure.
    """
    height, width = truth.shape
    colours = palette(len(class_names))
    labelled = truth > 0
    wrong = labelled & (predicted != truth)
    labels, errors, tested = labelled.sum(), (wrong & test).sum(), test.sum()
    # Of a large scene every second, third, ... pixel is drawn: more than a page has room for.
    thin = slice(None, None, -(-max(height, width) // LARGEST_DRAWN))
    cube, truth, predicted, confidence, entropy, labelled, wrong = (
        each[thin, thin] for each in (cube, truth, predicted, confidence, entropy, labelled, wrong)
    )

    tall = height > 1.3 * width
    rows, columns = (1, 6) if tall else (2, 3)
    panel = 3.2 if tall else 4.4
    figure = Figure(
        figsize=(columns * panel, rows * (panel * height / width + 0.4) + 1.9),
        layout="constrained",
        facecolor="white",
    )
    figure.suptitle(title, fontsize=14, fontweight="bold")
    axes = figure.subplots(rows, columns).flat

    def show(axis: Axes, image: np.ndarray, caption: str) -> None:
        axis.imshow(image, interpolation="nearest")
        axis.set_title(caption, fontsize=11)
        axis.set_axis_off()

    show(axes[0], false_colour(cube, bands), "Scene (false colour)")
    show(axes[1], colours[truth], f"Truth ({labels:,} labelled pixels)")
    show(axes[2], colours[predicted], "Map (every pixel)")
    shares = f"{errors:,} wrong of {tested:,} tested"
    faded = np.where(labelled[..., None], 0.35 * colours[predicted] + 0.65, 1.0)
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
        for colour, name in zip(colours[1:], class_names, strict=True)
    ]
    handles += [
        Patch(facecolor=UNLABELLED, edgecolor="0.5", linewidth=0.5, label="unlabelled"),
        Patch(facecolor=WRONG, label="wrong"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    return figure


def false_colour(
    cube: Num[np.ndarray, "height width bands"], bands: tuple[int, int, int]
) -> Float[np.ndarray, "height width 3"]:
    """Return three bands as red, green and blue, each from its 2nd to its 98th percentile."""
    return np.clip(spectral.get_rgb(cube, bands, stretch=(0.02, 0.98)), 0, 1)


def write_raster(
    header: Path, predicted: Int32[np.ndarray, "height width"], class_names: tuple[str, ...]
) -> None:
    """Write an ENVI classification file with class names and the palette's colours.

    Args:
        header: Path of the .hdr; the raster is written beside it as .img.
        predicted: Class of each pixel, 0 for none.
        class_names: Name of each class, from 1.
    """
    colours = (palette(len(class_names)) * 255).round().astype(int)
    header.parent.mkdir(parents=True, exist_ok=True)
    envi.save_classification(
        str(header),
        predicted.astype(np.uint8 if len(class_names) < 256 else np.uint16),
        force=True,
        ext="img",
        class_names=["Unclassified", *class_names],
        class_colors=colours.tolist(),
    )
