"""Mean and covariance of some pixels of a scene that need not fit into memory."""

import numpy as np
from jaxtyping import Bool, Float64, Num

from hsi.files import part, row_chunks


def moments(
    cube: Num[np.ndarray, "height width bands"], chosen: Bool[np.ndarray, "height width"]
) -> tuple[Float64[np.ndarray, " bands"], Float64[np.ndarray, "bands bands"]]:
    """Return mean and covariance of the chosen pixels, reading the scene once, in parts.

    Products are summed in float64, of differences to one pixel of the scene: with large means
    little would be left of the variance otherwise.

    Args:
        cube: The scene; a memory-mapped file is read some rows at a time.
        chosen: Which pixels count, at least two.
    """
    _, width, bands = cube.shape
    count = int(chosen.sum())
    origin = cube[np.unravel_index(chosen.argmax(), chosen.shape)].astype(np.float64)
    total, products = np.zeros(bands), np.zeros((bands, bands))
    for rows in row_chunks(len(cube), width * bands):
        pixels = part(cube, rows)[chosen[rows]] - origin
        total += pixels.sum(0)
        products += pixels.T @ pixels
    covariance = (products - np.outer(total, total) / count) / (count - 1)
    return origin + total / count, covariance
