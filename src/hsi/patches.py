"""The padded cube, each pixel of it the centre of a window, as a side of the split sees it."""

import numpy as np
from jaxtyping import Float32, Num, UInt8

EVERYONE = 0  # the owner of a pixel that every side of the split may see


def pad(
    cube: Num[np.ndarray, "*any height width"], window: int
) -> Num[np.ndarray, "*any padded_height padded_width"]:
    """Return `cube` with `window // 2` zeros on each side: every pixel is a window's centre.

    Zeros are the mean of each component after whitening, and what a network sees of hidden pixels.
    """
    margin = window // 2
    return np.pad(cube, [(0, 0)] * (cube.ndim - 2) + [(margin, margin)] * 2)


def visible(
    padded: Float32[np.ndarray, "components height width"],
    owner: UInt8[np.ndarray, "height width"],
    side: int,
) -> Float32[np.ndarray, "components height width"]:
    """Return what one side of the split may see of the padded cube: other sides' pixels are zeros.

    Args:
        padded: The padded cube.
        owner: Which side each of its pixels belongs to; EVERYONE (0) where it is shared.
        side: The side that looks (`hsi.pixels.TRAIN`, `VALIDATION` or `TEST`).
    """
    return padded * ((owner == EVERYONE) | (owner == side))
