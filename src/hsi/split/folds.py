"""Cut a scene into blocks and the blocks into folds, each of which tests once.

With one model for each fold, every labelled pixel is tested by a model that has not seen its block.

Source: Roberts et al., Ecography 2017 (block cross-validation). https://doi.org/10.1111/ecog.02881
"""

import numpy as np
from jaxtyping import Int

from hsi.cube.pixels import TEST, TRAIN
from hsi.split.blocks import numbered_blocks
from hsi.split.request import Request, Split


def fold_split(request: Request, side: int, count: int, fold: int) -> Split:
    """Put the blocks of one fold on the test side, and all others on the training side.

    All labels of the other folds train, so `split.train` has no part in it. The blocks and folds of
    a seed are the same whichever fold tests.

    Args:
        request: The labelled scene.
        side: Of the blocks, in pixels.
        count: Number of folds.
        fold: Which of them tests, from 0.

    Raises:
        ValueError: If there is no such fold, validation pixels are asked for, the scene is smaller
            than a block, or a class has all its pixels in one fold.
    """
    if fold >= count:
        raise ValueError(f"split.folds.fold: may be 0 to {count - 1} (got {fold})")
    if request.validation:
        raise ValueError(
            f"split.validation: may be 0 for split.method=folds (got {request.validation})"
        )
    generator = np.random.default_rng(request.seed)
    numbers = numbered_blocks(request, side, generator)
    owner = np.where(
        folds_of_blocks(request, numbers, count, generator)[numbers] == fold, TEST, TRAIN
    )
    owner = owner.astype(np.uint8)
    sides = np.where(request.truth > 0, owner, 0).astype(np.uint8)
    for k, name in enumerate(request.info.class_names, start=1):
        if not (sides[request.truth == k] == TRAIN).any():
            raise ValueError(
                f"class {name!r} has all its pixels in fold {fold}; lower split.folds.side or "
                "change split.seed"
            )
    if not (sides == TEST).any():
        raise ValueError(f"fold {fold} has no labelled pixel; lower split.folds.side or .count")
    return Split(sides, owner, request.truth, numbers.astype(np.int32))


def folds_of_blocks(
    request: Request,
    numbers: Int[np.ndarray, "height width"],
    count: int,
    generator: np.random.Generator,
) -> Int[np.ndarray, " blocks"]:
    """Deal blocks to folds, so that each fold has a similar share of each class.

    Classes are served from the rarest to the most common; each block that holds the class goes to
    the fold that has fewest of its pixels. Blocks without labels are dealt last.

    Args:
        request: The labelled scene.
        numbers: The block of each pixel, from 0.
        count: Number of folds.
        generator: Of the order in which blocks are dealt.
    """
    labelled = request.truth > 0
    counts = np.zeros((numbers.max() + 1, len(request.info.class_names)), np.int64)
    np.add.at(counts, (numbers[labelled], request.truth[labelled] - 1), 1)
    folds = np.full(len(counts), -1)
    held = np.zeros((count, counts.shape[1]), np.int64)
    for k in np.argsort(counts.sum(0), kind="stable"):
        for block in generator.permutation(np.flatnonzero((folds < 0) & (counts[:, k] > 0))):
            folds[block] = held[:, k].argmin()
            held[folds[block]] += counts[block]
    rest = generator.permutation(np.flatnonzero(folds < 0))
    folds[rest] = np.arange(len(rest)) % count
    return folds
