"""The colours of classes, the same in every picture and raster."""

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps

UNLABELLED = (0.93, 0.93, 0.93)
NO_DATA = (0.30, 0.34, 0.40)
WRONG = (0.05, 0.05, 0.05)
LEVELS = 16  # of red, green and blue among which the colours beyond the first 20 are found


def palette(classes: int) -> Float[np.ndarray, "classes_and_none 3"]:
    """Return one colour per class, class 0 (unlabelled) first, as red, green, blue in [0, 1].

    The first 20 classes have the colours of Matplotlib's tab20, the ten strong ones before the ten
    light ones. Each further class has the colour that is furthest from all before it and from those
    that mean no class (Glasbey et al., Color Research and Application 32, 2007). Beyond some 4,000
    classes colours repeat.
    """
    tab20 = colormaps["tab20"](np.arange(20))[:, :3]
    colours = np.concatenate([tab20[::2], tab20[1::2]])
    if classes > len(colours):
        colours = _continued(colours, classes)
    return np.vstack([UNLABELLED, colours[np.arange(classes) % len(colours)]])


def hexadecimal(colours: Float[np.ndarray, "many 3"]) -> list[str]:
    """Return colours as `#rrggbb`."""
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in (colours * 255).round().astype(int).tolist()]


def _continued(first: Float[np.ndarray, "some 3"], classes: int) -> Float[np.ndarray, "many 3"]:
    """Return the first colours and further ones, as many as there are classes or candidates."""
    candidates = np.indices((LEVELS,) * 3).reshape(3, -1).T / (LEVELS - 1)
    places = _oklab(candidates)
    distance = np.full(len(candidates), np.inf)
    for place in _oklab(np.vstack([UNLABELLED, NO_DATA, WRONG, (0, 0, 0), (1, 1, 1), first])):
        distance = np.minimum(distance, ((places - place) ** 2).sum(1))
    colours = list(first)
    while len(colours) < classes and distance.max() > 0:
        furthest = int(distance.argmax())
        colours.append(candidates[furthest])
        distance = np.minimum(distance, ((places - places[furthest]) ** 2).sum(1))
    return np.array(colours)


def _oklab(colours: Float[np.ndarray, "many 3"]) -> Float[np.ndarray, "many 3"]:
    """Return sRGB colours in a space where distance is about the difference that people see.

    Source: Ottosson, "A perceptual color space for image processing", 2020.
    https://bottosson.github.io/posts/oklab/
    """
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    to_cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.cbrt(linear @ np.array(to_cones).T) @ np.array(to_lab).T
