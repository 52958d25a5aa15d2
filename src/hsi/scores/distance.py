"""Accuracy by distance to the nearest training label: how far from them a map may be trusted."""

import numpy as np
from jaxtyping import Float, Int


def by_distance(
    targets: Int[np.ndarray, " pixels"],
    answers: Int[np.ndarray, " pixels"],
    copied: Int[np.ndarray, " pixels"],
    distance: Float[np.ndarray, " pixels"],
) -> list[dict[str, float]]:
    """Return the accuracy of test pixels at some distances, beside that of the floor.

    The distances `from` and `below`, in pixels, are powers of two. Distances without test pixels
    are left out.

    Args:
        targets: True class of each test pixel.
        answers: Class that the model gives each.
        copied: Class of the nearest training pixel.
        distance: To that pixel, in pixels.
    """
    number = np.floor(np.log2(np.maximum(distance, 1))).astype(int)
    return [
        {
            "from": 2.0**each,
            "below": 2.0 ** (each + 1),
            "pixels": int((number == each).sum()),
            "accuracy": float((answers == targets)[number == each].mean()),
            "floor": float((copied == targets)[number == each].mean()),
        }
        for each in np.unique(number).tolist()
    ]
