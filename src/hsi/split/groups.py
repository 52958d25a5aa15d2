"""Put groups of pixels, such as blocks or polygons, each wholly on one side of a split."""

import numpy as np
from jaxtyping import Bool, Int

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, wanted_counts
from hsi.split.request import Request, Split


def group_split(
    request: Request, numbers: Int[np.ndarray, "height width"], generator: np.random.Generator
) -> Split:
    """Put each group of pixels on a side, and hide it from the others.

    Classes are served from the rarest to the most common: groups that hold the class go to training
    in random order until the class has as many pixels as were asked for. A group that is the last
    one of some class stays on the test side. Validation groups are then chosen in the same way from
    what is left, and all other groups are test.

    Labels beyond those asked for are dropped at random, class by class; their pixels stay on their
    side, unlabelled. A class gets fewer where its groups do not hold as many, and no training or
    validation pixels where it has no group to spare for them.

    Args:
        request: The labelled scene, and how many pixels should train and validate.
        numbers: The group of each pixel of the scene, from 0.
        generator: Of every random draw.
    """
    truth, labelled = request.truth, request.truth > 0
    counts = np.zeros((numbers.max() + 1, len(request.info.class_names)), np.int64)
    np.add.at(counts, (numbers[labelled], truth[labelled] - 1), 1)

    total = counts.sum(0)
    side_of = np.full(len(counts), TEST, np.uint8)
    asked = {
        TRAIN: wanted_counts(request.train, total),
        VALIDATION: wanted_counts(request.validation, total),
    }
    for number, wanted in asked.items():
        side_of[_choose(counts, wanted, side_of == TEST, generator)] = number
    owner = side_of[numbers]
    sides = np.where(labelled, owner, 0).astype(np.uint8)
    for number, wanted in asked.items():
        for k, most in enumerate(wanted, start=1):
            members = np.flatnonzero((sides == number) & (truth == k))
            sides.flat[generator.permutation(members)[most:]] = 0
    return Split(sides, owner, truth, numbers.astype(np.int32))


def _choose(
    counts: Int[np.ndarray, "groups classes"],
    wanted: Int[np.ndarray, " classes"],
    free: Bool[np.ndarray, " groups"],
    generator: np.random.Generator,
) -> Bool[np.ndarray, " groups"]:
    """Choose free groups until each class has enough pixels, and leave each class a free group.

    Args:
        counts: Labelled pixels of each class in each group.
        wanted: Pixels of each class to reach.
        free: Which groups may be chosen.
        generator: Of the order in which groups are tried.
    """
    chosen = np.zeros(len(counts), bool)
    taken, left = np.zeros_like(wanted), counts[free].sum(0)
    for k in np.argsort(counts.sum(0), kind="stable"):
        for group in generator.permutation(np.flatnonzero(free & (counts[:, k] > 0))):
            if taken[k] >= wanted[k]:
                break
            after = left - counts[group]
            if not chosen[group] and (after[counts[group] > 0] > 0).all():
                chosen[group] = True
                taken, left = taken + counts[group], after
    return chosen
