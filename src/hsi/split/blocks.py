"""Cut a scene into square blocks, each wholly on one side of the split.

Neighbouring labels of one field are alike. With blocks, and with each side hidden from the others
(`hsi.cube.padded.hidden_from`), no window carries a pixel of one side to another, whatever its
size. Neighbouring blocks still touch, so spatial autocorrelation across their edges remains.

Sources: Roberts et al., Ecography 2017, https://doi.org/10.1111/ecog.02881 (blocks); Liang et al.,
TGRS 2017, https://arxiv.org/abs/1605.05829 (why random pixels overstate accuracy).
"""

import numpy as np
from jaxtyping import Bool, Int

from hsi.cube.pixels import TEST, TRAIN, VALIDATION, wanted_counts
from hsi.split.request import Request, Split


def block_split(request: Request, side: int) -> Split:
    """Put each block of a scene on a side.

    The grid of blocks has a random origin. Classes are served from the rarest to the most common:
    blocks that hold the class go to training in random order until the class has as many pixels as
    were asked for. A block that is the last one of some class stays on the test side. Validation
    blocks are then chosen in the same way from what is left, and all other blocks are test.

    Labels beyond those asked for are dropped at random, class by class; their pixels stay on their
    side, unlabelled. If all pixels of a class are in one block, the block is cut in two at the
    middle of these pixels.

    Args:
        request: The labelled scene, and how many pixels should train and validate. A class gets
            fewer where its blocks do not hold as many, and no validation pixels where it has no
            block to spare for them.
        side: Of the blocks, in pixels.

    Raises:
        ValueError: If the scene is smaller than a block, or a class cannot have pixels in both
            training and test.
    """
    truth, class_names = request.truth, request.info.class_names
    if side > min(truth.shape):
        height, width = truth.shape
        raise ValueError(
            f"the side of the blocks ({side} pixels) is larger than the scene of "
            f"{height} x {width}; lower split.blocks.side (or split.random_matched.side)"
        )
    generator = np.random.default_rng(request.seed)
    numbers = _grid(truth.shape, side, generator)
    for k, name in enumerate(class_names, start=1):
        _divide_the_only_block(numbers, truth == k, name)
    counts = np.zeros((numbers.max() + 1, len(class_names)), np.int64)
    labelled = truth > 0
    np.add.at(counts, (numbers[labelled], truth[labelled] - 1), 1)

    total = counts.sum(0)
    side_of = np.full(len(counts), TEST, np.uint8)
    asked = {
        TRAIN: wanted_counts(request.train, total),
        VALIDATION: wanted_counts(request.validation, total),
    }
    for number, wanted in asked.items():
        side_of[_choose(counts, wanted, side_of == TEST, generator)] = number
    none = np.flatnonzero(counts[side_of == TRAIN].sum(0) == 0)
    if len(none):
        raise ValueError(
            f"class {class_names[none[0]]!r} has no block of {side} pixels to train on that is not "
            "the last test block of some class; lower the side of the blocks or change split.seed"
        )
    owner = side_of[numbers]
    sides = np.where(labelled, owner, 0).astype(np.uint8)
    for number, wanted in asked.items():
        for k, most in enumerate(wanted, start=1):
            members = np.flatnonzero((sides == number) & (truth == k))
            sides.flat[generator.permutation(members)[most:]] = 0
    return Split(sides, owner)


def _grid(
    shape: tuple[int, ...], block: int, generator: np.random.Generator
) -> Int[np.ndarray, "height width"]:
    """Number the blocks of a grid with a random origin; the scene cuts off those at its border."""
    rows, columns = (
        (np.arange(length) + start) // block
        for length, start in zip(shape, generator.integers(0, block, 2), strict=True)
    )
    return rows[:, None] * (columns[-1] + 1) + columns


def _divide_the_only_block(
    numbers: Int[np.ndarray, "height width"], members: Bool[np.ndarray, "height width"], name: str
) -> None:
    """Cut a block in two, in place, if all pixels of a class lie in it."""
    places = np.argwhere(members)
    if len(places) < 2:
        raise ValueError(
            f"class {name!r} has {len(places)} labelled pixels: at least 2 are needed, one to "
            "train and one to test on"
        )
    only = numbers[tuple(places[0])]
    if (numbers[members] != only).any():
        return
    axis = int(np.ptp(places, axis=0).argmax())  # along which the class extends further
    along = np.sort(places[:, axis])
    middle = along[len(along) // 2]
    if middle == along[0]:
        middle = along[along > middle][0]
    beyond = np.indices(numbers.shape, sparse=True)[axis] >= middle
    numbers[(numbers == only) & beyond] = numbers.max() + 1


def _choose(
    counts: Int[np.ndarray, "blocks classes"],
    wanted: Int[np.ndarray, " classes"],
    free: Bool[np.ndarray, " blocks"],
    generator: np.random.Generator,
) -> Bool[np.ndarray, " blocks"]:
    """Choose free blocks until each class has enough pixels, and leave each class a free block.

    Args:
        counts: Labelled pixels of each class in each block.
        wanted: Pixels of each class to reach.
        free: Which blocks may be chosen.
        generator: Of the order in which blocks are tried.
    """
    chosen = np.zeros(len(counts), bool)
    for k in np.argsort(counts.sum(0), kind="stable"):
        for block in generator.permutation(np.flatnonzero(free & (counts[:, k] > 0))):
            if counts[chosen, k].sum() >= wanted[k]:
                break
            left = counts[free & ~chosen].sum(0) - counts[block]
            if not chosen[block] and (left[counts[block] > 0] > 0).all():
                chosen[block] = True
    return chosen
