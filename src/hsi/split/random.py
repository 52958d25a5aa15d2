"""Draw the pixels of each side at random, class by class: the habit of the literature."""

import numpy as np

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, wanted_counts
from hsi.split.request import Request, Split


def random_split(request: Request) -> Split:
    """Put each labelled pixel on a side at random, class by class.

    Raises:
        ValueError: If a class is left without a test pixel.
    """
    generator = np.random.default_rng(request.seed)
    sides = np.zeros(request.truth.shape, np.uint8)
    labelled = np.bincount(request.truth.ravel(), minlength=len(request.info.class_names) + 1)[1:]
    firsts, more = (wanted_counts(share, labelled) for share in (request.train, request.validation))
    for k, name in enumerate(request.info.class_names):
        members = generator.permutation(np.flatnonzero(request.truth == k + 1))
        first, second = firsts[k], firsts[k] + more[k]
        if second >= len(members):
            raise ValueError(
                f"class {name!r} has {len(members)} labelled pixels: "
                f"split.train={request.train} and split.validation={request.validation} take "
                f"{second} and leave none to test on"
            )
        sides.flat[members[:first]] = TRAIN
        sides.flat[members[first:second]] = VALIDATION
        sides.flat[members[second:]] = TEST
    return Split.shared(sides, request.truth)
