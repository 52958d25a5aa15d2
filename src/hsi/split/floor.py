"""The floor: the score of copying the label of the nearest training pixel, without any spectra.

A model is worth what it adds to the floor. On a random split the floor is high, because nearly
every test pixel has a neighbour in training.
"""

import numpy as np
from jaxtyping import Float, Int
from sklearn.neighbors import KNeighborsClassifier

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.scores.accuracy import many_classes, scores


@many_classes()
def nearest_training(
    pixels: Pixels,
) -> tuple[Int[np.ndarray, " test"], Float[np.ndarray, " test"]]:
    """Return the class, from 0, of the training pixel nearest to each test pixel, and how far."""
    train, test = pixels.on(TRAIN), pixels.on(TEST)
    neighbours = KNeighborsClassifier(n_neighbors=1)
    neighbours.fit(np.stack([train.rows, train.columns], axis=1), train.targets)
    places = np.stack([test.rows, test.columns], axis=1)
    return neighbours.predict(places), neighbours.kneighbors(places)[0][:, 0]


def nearest_label(
    pixels: Pixels, class_names: tuple[str, ...]
) -> tuple[dict[str, float], dict[str, float]]:
    """Score the label of the nearest training pixel as the answer for each test pixel.

    Returns:
        The floor: `oa`, `aa` and `kappa`, as fractions. And the `least`, `median` and `largest`
        distance of a test pixel to the nearest training pixel, in pixels.
    """
    copied, distance = nearest_training(pixels)
    result = scores(pixels.on(TEST).targets, copied, class_names)
    return (
        {name: result[name] for name in ("oa", "aa", "kappa")},
        {
            "least": float(distance.min()),
            "median": float(np.median(distance)),
            "largest": float(distance.max()),
        },
    )
