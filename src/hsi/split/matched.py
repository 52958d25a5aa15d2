"""Draw pixels at random, as many of each class on each side as a split into blocks has."""

import numpy as np
from jaxtyping import Int32, UInt8

from hsi.split.blocks import block_split
from hsi.split.request import Request, Split


def matched_split(request: Request, side: int) -> Split:
    """Draw at random as many pixels of each class for each side as `block_split` has.

    Models are trained on equal numbers of pixels in both, so the difference in score estimates the
    leakage of the random split.

    Args:
        request: The labelled scene, and how many pixels should train and validate.
        side: Of the blocks, in pixels.
    """
    blocks = block_split(request, side)
    sides = draw_like(blocks.sides, request.truth, request.seed)
    return Split.shared(sides, request.truth)


def draw_like(
    other: UInt8[np.ndarray, "height width"],
    truth: Int32[np.ndarray, "height width"],
    seed: int,
) -> UInt8[np.ndarray, "height width"]:
    """Return the side of each pixel in a random draw with the counts of another split.

    Args:
        other: The side of each pixel in the other split, 0 for none.
        truth: Class of each pixel, 0 for unlabelled.
        seed: Of the draw.
    """
    generator = np.random.default_rng(seed)
    sides = np.zeros(truth.shape, np.uint8)
    for number in range(1, truth.max() + 1):
        members = generator.permutation(np.flatnonzero(truth == number))
        drawn = np.sort(other[(truth == number) & (other > 0)])
        sides.flat[members[: len(drawn)]] = drawn
    return sides
