"""The spectra of the classes of a scene: their means, and how far they spread."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int32
from matplotlib.figure import Figure

from hsi.pictures.figures import MANY
from hsi.scene.raster import Raster

GAP = 3.0  # a step between two bands that is so many times the usual one breaks the line


@dataclass(frozen=True)
class Spectra:
    """Statistics of the spectra of each class.

    Attributes:
        pixels: (classes,) how many pixels each class has.
        mean: (classes, bands) mean of each band, in digital numbers; NaN for a class of no pixel.
        spread: (classes, bands) standard deviation of each band.
    """

    pixels: Float64[np.ndarray, " classes"]
    mean: Float64[np.ndarray, "classes bands"]
    spread: Float64[np.ndarray, "classes bands"]


def class_spectra(
    raster: Raster, truth: Int32[np.ndarray, "height width"], classes: int
) -> Spectra:
    """Compute mean and standard deviation of the spectra of each class; the scene is read once.

    Args:
        raster: The scene.
        truth: Class of each pixel, 0 for unlabelled and for pixels without data.
        classes: How many classes there are.
    """
    bands = len(raster.numbers)
    pixels, total, squares = (
        np.zeros(classes),
        np.zeros((classes, bands)),
        np.zeros((classes, bands)),
    )
    origin: np.ndarray | None = None  # differences to one spectrum keep more digits
    for rows, columns in raster.windows():
        labels = truth[rows, columns]
        if not labels.any():
            continue
        values = raster.read(rows, columns)[labels > 0].astype(np.float64)
        origin = values[0].copy() if origin is None else origin
        values -= origin
        which = labels[labels > 0] - 1
        pixels += np.bincount(which, minlength=classes)
        np.add.at(total, which, values)
        np.add.at(squares, which, values**2)
    known = np.where(pixels > 0, pixels, np.nan)[:, None]
    mean = total / known
    spread = np.sqrt(np.maximum(squares / known - mean**2, 0))
    return Spectra(pixels, mean + (0 if origin is None else origin), spread)


def spectra_picture(
    spectra: Spectra,
    wavelengths: tuple[float, ...] | None,
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> Figure:
    """Draw the mean spectrum of each class, with a band of one standard deviation to each side.

    Args:
        spectra: Of the classes.
        wavelengths: Band centres in nanometres; None draws over the number of the band.
        class_names: Name of each class.
        colours: Of each class, class 0 first.
    """
    figure = Figure(figsize=(10, 6), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    bands = spectra.mean.shape[1]
    place = np.arange(bands, dtype=float) if wavelengths is None else np.array(wavelengths)
    order = np.argsort(place, kind="stable")
    steps = np.diff(place[order])
    breaks = np.flatnonzero(steps > GAP * np.median(steps)) + 1 if bands > 2 else np.array([], int)
    for k, name in enumerate(class_names):
        if not spectra.pixels[k]:
            continue
        label = f"{name} ({spectra.pixels[k]:,.0f})"
        for piece in np.split(order, breaks):
            mean, spread = spectra.mean[k, piece], spectra.spread[k, piece]
            colour = tuple(colours[k + 1].tolist())
            axes.plot(place[piece], mean, color=colour, linewidth=1.4, label=label)
            low, high = mean - spread, mean + spread
            axes.fill_between(place[piece], low, high, color=colour, alpha=0.15, linewidth=0)
            label = ""
    axes.set_xlabel("band (from 0)" if wavelengths is None else "wavelength (nm)")
    axes.set_ylabel("digital number")
    axes.set_title("Mean spectrum of each class ± one standard deviation (pixels)")
    axes.margins(x=0.01)
    axes.grid(alpha=0.3)
    if len(class_names) <= MANY:
        figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure
