"""A scene cut into square blocks, each wholly on one side of the split.

Labels of one field are alike because they are neighbours. With blocks, and each side hidden from
the others (`hsi.patches.hidden_from`), no window carries a pixel of one side to another, whatever
the window. Neighbouring blocks still touch: nothing is hidden that only resembles.

Sources: Roberts et al., Ecography 2017, https://doi.org/10.1111/ecog.02881 (blocks); Liang et al.,
TGRS 2017, https://arxiv.org/abs/1605.05829 (why random pixels overstate).
"""

import numpy as np
from jaxtyping import Bool, Int, Int32, UInt8

from hsi.pixels import TEST, TRAIN, VALIDATION, wanted_counts


def block_split(
    truth: Int32[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    train: float | int,
    validation: float | int,
    block: int,
    seed: int,
) -> tuple[UInt8[np.ndarray, "height width"], UInt8[np.ndarray, "height width"]]:
    """Put each block of a scene on a side.

    The grid has a random origin. For the rarest class first, blocks that hold it go to training, in
    random order, until it has as many pixels there as are asked for; a block that is the last of
    some class stays with test. Validation is chosen likewise from what is left, and the rest is
    test. Labels beyond those asked for are then dropped, class by class at random: they stay on
    their side, unlabelled. A class whose pixels are all in one block has this block cut in two, at
    the middle of its pixels.

    Args:
        truth: Class of each pixel, 0 for unlabelled.
        class_names: Name of each class, for errors.
        train: Below 1 the share of each class, else pixels of each class; fewer where its
            blocks do not hold as many.
        validation: Likewise; 0 for none. A class that has no block to spare for it has none.
        block: Side of the blocks, in pixels.
        seed: Of the origin and the draw.

    Returns:
        The side of each labelled pixel, 0 for unlabelled and dropped; and the side that every pixel
        belongs to.

    Raises:
        ValueError: If the scene is smaller than a block, or a class cannot have pixels in both
            training and test.
    """
    if block > min(truth.shape):
        height, width = truth.shape
        raise ValueError(f"split.block={block} is larger than the scene of {height} x {width}")
    generator = np.random.default_rng(seed)
    numbers = _grid(truth.shape, block, generator)
    for k, name in enumerate(class_names, start=1):
        _divide_the_only_block(numbers, truth == k, name)
    counts = np.zeros((numbers.max() + 1, len(class_names)), np.int64)
    labelled = truth > 0
    np.add.at(counts, (numbers[labelled], truth[labelled] - 1), 1)

    total = counts.sum(0)
    side_of = np.full(len(counts), TEST, np.uint8)
    asked = {TRAIN: wanted_counts(train, total), VALIDATION: wanted_counts(validation, total)}
    for side, wanted in asked.items():
        side_of[_choose(counts, wanted, side_of == TEST, generator)] = side
    none = np.flatnonzero(counts[side_of == TRAIN].sum(0) == 0)
    if len(none):
        raise ValueError(
            f"class {class_names[none[0]]!r} has no block of split.block={block} to train on that "
            "is not some class's last to test on; lower split.block or change split.seed"
        )
    owner = side_of[numbers]
    sides = np.where(labelled, owner, 0).astype(np.uint8)
    for side, wanted in asked.items():
        for k, most in enumerate(wanted, start=1):
            members = np.flatnonzero((sides == side) & (truth == k))
            sides.flat[generator.permutation(members)[most:]] = 0
    return sides, owner


def _grid(
    shape: tuple[int, ...], block: int, generator: np.random.Generator
) -> Int[np.ndarray, "height width"]:
    """Number the blocks of a grid with a random origin; those at the border are cut off."""
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
    axis = int(np.ptp(places, axis=0).argmax())  # the longer way of the class
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
    """Choose free blocks until each class has what is wanted, leaving every class some free ones.

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
