"""Who trains and who tests, and what the split alone is worth."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Int32, Shaped, UInt8
from scipy.ndimage import maximum_filter
from sklearn.neighbors import KNeighborsClassifier

from hsi.metrics import scores
from hsi.patches import hidden_from
from hsi.pixels import SIDES, TEST, TRAIN, VALIDATION, Pixels, wanted_counts


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
    labelled = np.bincount(truth.ravel(), minlength=len(class_names) + 1)[1:]
    firsts, more = wanted_counts(train, labelled), wanted_counts(validation, labelled)
    for k, name in enumerate(class_names):
        members = generator.permutation(np.flatnonzero(truth == k + 1))
        first, second = firsts[k], firsts[k] + more[k]
        if second >= len(members):
            raise ValueError(
                f"class {name!r} has {len(members)} labelled pixels: split.train={train} and "
                f"split.validation={validation} take {second} and leave none to test on"
            )
        sides.flat[members[:first]] = TRAIN
        sides.flat[members[first:second]] = VALIDATION
        sides.flat[members[second:]] = TEST
    return sides


def matched_split(
    truth: Int32[np.ndarray, "height width"],
    other: UInt8[np.ndarray, "height width"],
    seed: int,
) -> UInt8[np.ndarray, "height width"]:
    """Draw, at random, as many pixels of each class for each side as another split has.

    What a network scores more on it than on the other split is what the other one does not leak.

    Args:
        truth: Class of each pixel, 0 for unlabelled.
        other: The side of each pixel in the other split, 0 for none.
        seed: Of the draw.

    Returns:
        The side of each pixel; 0 for unlabelled and for those of no side.
    """
    generator = np.random.default_rng(seed)
    sides = np.zeros(truth.shape, np.uint8)
    for number in range(1, truth.max() + 1):
        members = generator.permutation(np.flatnonzero(truth == number))
        drawn = np.sort(other[(truth == number) & (other > 0)])
        sides.flat[members[: len(drawn)]] = drawn
    return sides


def file_split(
    truth: Int32[np.ndarray, "height width"],
    labels: tuple[int, ...],
    masks: dict[str, Shaped[np.ndarray, "..."]],
) -> UInt8[np.ndarray, "height width"]:
    """Put pixels on the sides that a user's masks say; pixels in no mask are on none.

    Args:
        truth: Class of each pixel, 0 for unlabelled.
        labels: What each class is called in the user's truth file.
        masks: For `train`, `test` and perhaps `validation`, a raster of the truth's size: 0 and 1,
            or 0 and the label of each pixel that belongs to the side.

    Returns:
        The side of each pixel.

    Raises:
        ValueError: Naming the mask, if it does not fit the truth, holds nothing, has a pixel
            without a label or a label that the truth does not have there, or shares a pixel with
            another; or if training lacks a class.
    """
    sides = np.zeros(truth.shape, np.uint8)
    own_labels = np.array([0, *labels])[truth]
    for name, mask in masks.items():
        key = f"params.yaml: split.file.{name}"
        if mask.shape != truth.shape:
            raise ValueError(f"{key}: should be {truth.shape} like the truth, it is {mask.shape}")
        inside = mask != 0
        if not inside.any():
            raise ValueError(f"{key}: has no pixel, all of it is 0")
        _refuse(inside & (truth == 0), f"{key}: has {{}} pixels without a label in the truth")
        if not np.isin(mask, (0, 1)).all():
            differs = inside & (mask != own_labels)
            _refuse(differs, f"{key}: has {{}} labels that are not the truth's", mask)
        _refuse(inside & (sides > 0), f"{key}: shares {{}} pixels with another side")
        sides[inside] = SIDES[name]
    for number, label in enumerate(labels, start=1):
        if not (sides[truth == number] == TRAIN).any():
            raise ValueError(
                f"params.yaml: split.file.train: has no pixel of label {label} of the truth"
            )
    return sides


def _refuse(
    wrong: Bool[np.ndarray, "height width"], message: str, mask: np.ndarray | None = None
) -> None:
    """Raise ValueError if any pixel is wrong, saying how many are and where the first is."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        what = "" if mask is None else f" ({mask[row, column]})"
        where = f"; the first{what} is at row {row}, column {column}, counted from 0"
        raise ValueError(message.format(wrong.sum()) + where)


def leak(
    pixels: Pixels, owner: UInt8[np.ndarray, "height width"], window: int
) -> tuple[float, int]:
    """Return how much of the test side a training can see.

    Args:
        pixels: The labelled pixels and their sides.
        owner: Which side each pixel of the scene belongs to; 0 where it is shared.
        window: Of the network.

    Returns:
        The share of test pixels that lie, not hidden, in the window of a training pixel; and how
        many pixels of the scene, labelled or not, are seen in both a training and a test window.
    """
    seen = {}
    for side in (TRAIN, TEST):
        own = pixels.on(side)
        centres = np.zeros(owner.shape, bool)
        centres[own.rows, own.columns] = True
        covered = maximum_filter(centres, window, mode="constant")
        seen[side] = covered & ~hidden_from(side, owner)
    test = pixels.on(TEST)
    return float(seen[TRAIN][test.rows, test.columns].mean()), int((seen[TRAIN] & seen[TEST]).sum())


def leak_warning(method: str, share: float) -> str:
    """Return what to say beside scores on such a split; nothing if no test pixel was seen.

    Args:
        method: How the split was made.
        share: Of test pixels that lie inside training windows.
    """
    if share == 0:
        return ""
    return (
        f"{share:.1%} of the test pixels lie inside training windows (split.method={method}): this "
        "is no measure of ground that the network has not seen; split.method=blocks is"
    )


def nearest(
    pixels: Pixels, class_names: tuple[str, ...]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return what the nearest training pixel says of each test pixel, and how far it is.

    The first is the floor: oa, aa and kappa of copying its label, without one spectrum. A network
    is worth what it adds to this: on a random split neighbours of a test pixel are in training. The
    second has the least, the median and the largest distance of a test pixel to training, in
    pixels.
    """
    train, test = pixels.on(TRAIN), pixels.on(TEST)
    neighbours = KNeighborsClassifier(n_neighbors=1)
    neighbours.fit(np.stack([train.rows, train.columns], axis=1), train.targets)
    places = np.stack([test.rows, test.columns], axis=1)
    result = scores(test.targets, neighbours.predict(places), class_names)
    distance, _ = neighbours.kneighbors(places)
    return (
        {name: result[name] for name in ("oa", "aa", "kappa")},
        {
            "least": float(distance.min()),
            "median": float(np.median(distance)),
            "largest": float(distance.max()),
        },
    )


def report(
    pixels: Pixels,
    owner: UInt8[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    window: int,
) -> dict[str, Any]:
    """Return what metrics/split.json says: counts, overlap, distance, floor."""
    share, shared = leak(pixels, owner, window)
    floor, distance = nearest(pixels, class_names)
    return {
        **{side: int((pixels.sides == number).sum()) for side, number in SIDES.items()},
        "test_inside_training_windows": share,
        "shared_pixels": shared,
        "distance_to_training": distance,
        "floor": floor,
        "per_class": {
            name: {
                side: int(((pixels.targets == k) & (pixels.sides == number)).sum())
                for side, number in SIDES.items()
            }
            for k, name in enumerate(class_names)
        },
    }
