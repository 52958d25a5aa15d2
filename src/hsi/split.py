"""Who trains and who tests, and what the split alone is worth."""

from typing import Any

import numpy as np
from jaxtyping import Int32, UInt8
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from hsi.metrics import scores
from hsi.pixels import SIDES, TEST, TRAIN, VALIDATION, Pixels


def _count(share: float | int, labelled: int) -> int:
    if share == 0:
        return 0
    return max(1, round(share * labelled)) if share < 1 else int(share)


def random_split(
    truth: Int32[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    train: float | int,
    validation: float | int,
    seed: int,
) -> UInt8[np.ndarray, "height width"]:
    """Put each labelled pixel on a side at random, class by class.

    Args:
        truth: Class of each pixel, 0 for unlabelled.
        class_names: Name of each class, for errors.
        train: Below 1 the share of each class (rounded, at least one pixel), else pixels of each
            class.
        validation: Likewise; 0 for none.
        seed: Of the draw.

    Returns:
        The side of each pixel; 0 for unlabelled.

    Raises:
        ValueError: If a class is left without a test pixel.
    """
    generator = np.random.default_rng(seed)
    sides = np.zeros(truth.shape, np.uint8)
    for number, name in enumerate(class_names, start=1):
        members = generator.permutation(np.flatnonzero(truth == number))
        first = _count(train, len(members))
        second = first + _count(validation, len(members))
        if second >= len(members):
            raise ValueError(
                f"class {name!r} has {len(members)} labelled pixels: split.train={train} and "
                f"split.validation={validation} take {second} and leave none to test on"
            )
        sides.flat[members[:first]] = TRAIN
        sides.flat[members[first:second]] = VALIDATION
        sides.flat[members[second:]] = TEST
    return sides


def inside_training_windows(pixels: Pixels, window: int) -> float:
    """Return the share of test pixels that lie in the window of at least one training pixel."""
    train, test = pixels.on(TRAIN), pixels.on(TEST)
    nearest = NearestNeighbors(n_neighbors=1, metric="chebyshev")
    nearest.fit(np.stack([train.rows, train.columns], axis=1))
    distance, _ = nearest.kneighbors(np.stack([test.rows, test.columns], axis=1))
    return float((distance <= window // 2).mean())


def floor(pixels: Pixels, class_names: tuple[str, ...]) -> dict[str, float]:
    """Return oa, aa and kappa of copying the nearest training pixel's label, without one spectrum.

    A network is worth what it adds to this: on a random split neighbours of a test pixel are in
    training.
    """
    train, test = pixels.on(TRAIN), pixels.on(TEST)
    nearest = KNeighborsClassifier(n_neighbors=1)
    nearest.fit(np.stack([train.rows, train.columns], axis=1), train.targets)
    predicted = nearest.predict(np.stack([test.rows, test.columns], axis=1))
    result = scores(test.targets, predicted, class_names)
    return {name: result[name] for name in ("oa", "aa", "kappa")}


def report(pixels: Pixels, class_names: tuple[str, ...], window: int) -> dict[str, Any]:
    """Return what metrics/split.json says: counts, overlap, floor."""
    return {
        **{side: int((pixels.sides == number).sum()) for side, number in SIDES.items()},
        "test_inside_training_windows": inside_training_windows(pixels, window),
        "floor": floor(pixels, class_names),
        "per_class": {
            name: {
                side: int(((pixels.targets == k) & (pixels.sides == number)).sum())
                for side, number in SIDES.items()
            }
            for k, name in enumerate(class_names)
        },
    }
