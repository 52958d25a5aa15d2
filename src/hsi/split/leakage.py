"""How much of the test side a model can see while it trains."""

import numpy as np
from jaxtyping import UInt8
from scipy.ndimage import maximum_filter

from hsi.cube.padded import hidden_from
from hsi.cube.pixels import TEST, TRAIN, Pixels


def leak(
    pixels: Pixels, owner: UInt8[np.ndarray, "height width"], window: int
) -> tuple[float, int]:
    """Return the share of test pixels inside training windows, and the pixels that windows share.

    Args:
        pixels: The labelled pixels and their sides.
        owner: Which side each pixel of the scene belongs to; 0 where it is shared.
        window: Odd side of the windows.

    Returns:
        The share of test pixels that lie in the window of a training pixel without being hidden
        from it; and how many pixels of the scene, labelled or not, are seen in both a training and
        a test window.
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
    """Return the warning that belongs beside scores on a split; empty if nothing leaks.

    Args:
        method: How the split was made.
        share: Of test pixels that lie inside training windows.
    """
    if share == 0:
        return ""
    return (
        f"{share:.1%} of the test pixels lie inside training windows (split.method={method}): the "
        "scores do not measure ground that the model has not seen; with split.method=blocks they do"
    )
