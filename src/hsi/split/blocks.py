"""Cut a scene into square blocks, each wholly on one side of the split.

Neighbouring labels of one field are alike. With blocks, and with each side hidden from the others
(`hsi.cube.padded.hidden_from`), no window carries a pixel of one side to another, whatever its
size. Neighbouring blocks still touch, so spatial autocorrelation across their edges remains.

Sources: Roberts et al., Ecography 2017, https://doi.org/10.1111/ecog.02881 (blocks); Liang et al.,
TGRS 2017, https://arxiv.org/abs/1605.05829 (why random pixels overstate accuracy).
"""

import numpy as np
from jaxtyping import Bool, Int

from hsi.cube.pixels import TRAIN
from hsi.split.groups import group_split
from hsi.split.request import Request, Split


def block_split(request: Request, side: int) -> Split:
    """Put each block of a scene on a side.

    The grid of blocks has a random origin, and the sides are chosen by `group_split`. If all pixels
    of a class are in one block, the block is cut in two at the middle of these pixels.

    Args:
        request: The labelled scene, and how many pixels should train and validate.
        side: Of the blocks, in pixels.

    Raises:
        ValueError: If the scene is smaller than a block, or a class cannot have pixels in both
            training and test.
    """
    generator = np.random.default_rng(request.seed)
    split = group_split(request, numbered_blocks(request, side, generator), generator)
    for k, name in enumerate(request.info.class_names, start=1):
        if not (split.sides[request.truth == k] == TRAIN).any():
            raise ValueError(
                f"class {name!r} has no block of {side} pixels to train on that is not the last "
                "test block of some class; lower the side of the blocks or change split.seed"
            )
    return split


def numbered_blocks(
    request: Request, side: int, generator: np.random.Generator
) -> Int[np.ndarray, "height width"]:
    """Return the block of each pixel, from 0, in a grid with a random origin.

    If all pixels of a class are in one block, the block is cut in two at the middle of these.

    Args:
        request: The labelled scene.
        side: Of the blocks, in pixels.
        generator: Of the origin.

    Raises:
        ValueError: If the scene is smaller than a block, or a class has a single pixel.
    """
    truth = request.truth
    if side > min(truth.shape):
        height, width = truth.shape
        raise ValueError(
            f"the side of the blocks ({side} pixels) is larger than the scene of "
            f"{height} x {width}; lower split.blocks.side (or that of the split.method in use)"
        )
    numbers = _grid(truth.shape, side, generator)
    for k, name in enumerate(request.info.class_names, start=1):
        _divide_the_only_block(numbers, truth == k, name)
    return numbers


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
