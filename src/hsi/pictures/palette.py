"""The colours of classes, the same in every picture and raster."""

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps

UNLABELLED = (0.93, 0.93, 0.93)
WRONG = (0.05, 0.05, 0.05)


def palette(classes: int) -> Float[np.ndarray, "classes_and_none 3"]:
    """Return one colour per class, class 0 (unlabelled) first, as red, green, blue in [0, 1].

    Up to 20 classes have the colours of Matplotlib's tab20, the ten strong ones before the ten
    light ones; more classes have evenly spaced hues.
    """
    if classes <= 20:
        tab20 = colormaps["tab20"](np.arange(20))[:, :3]
        colours = np.concatenate([tab20[::2], tab20[1::2]])[:classes]
    else:
        colours = colormaps["hsv"](np.linspace(0, 1, classes, endpoint=False))[:, :3]
    return np.vstack([UNLABELLED, colours])


def hexadecimal(colours: Float[np.ndarray, "many 3"]) -> list[str]:
    """Return colours as `#rrggbb`."""
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in (colours * 255).round().astype(int).tolist()]
