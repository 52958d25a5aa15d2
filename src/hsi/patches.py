"""The padded cube, each pixel of it the centre of a window, as a side of the split sees it."""

import numpy as np
from jaxtyping import Bool, Num, UInt8

EVERYONE = 0  # the owner of a pixel that every side of the split may see


def pad(
    cube: Num[np.ndarray, "*any height width"], window: int
) -> Num[np.ndarray, "*any padded_height padded_width"]:
    """Return `cube` with `window // 2` zeros on each side: every pixel is a window's centre.

    Zeros are the mean of each component after whitening, and what a network sees of hidden pixels.
    """
    margin = window // 2
    return np.pad(cube, [(0, 0)] * (cube.ndim - 2) + [(margin, margin)] * 2)


def hidden_from(
    side: int, owner: UInt8[np.ndarray, "height width"]
) -> Bool[np.ndarray, "height width"]:
    """Return which pixels a side of the split sees as zeros: those of other sides.

    Args:
        side: The side that looks (`hsi.pixels.TRAIN`, `VALIDATION` or `TEST`).
        owner: Which side each pixel belongs to; EVERYONE (0) where it is shared.
    """
    return (owner != EVERYONE) & (owner != side)
