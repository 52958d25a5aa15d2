"""Mean and covariance of some pixels of a scene that need not fit into memory, and of its noise."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64, Num

from hsi.files import part, row_chunks

Normalise = Callable[[np.ndarray], np.ndarray]  # one of hsi.choices.NORMALISATIONS


def moments(
    cube: Num[np.ndarray, "height width bands"],
    chosen: Bool[np.ndarray, "height width"],
    normalise: Normalise,
) -> tuple[Float64[np.ndarray, " bands"], Float64[np.ndarray, "bands bands"]]:
    """Return mean and covariance of the chosen pixels, reading the scene once, in parts.

    Products are summed in float64, of differences to one pixel of the scene: with large means
    little would be left of the variance otherwise.

    Args:
        cube: The scene; a memory-mapped file is read some rows at a time.
        chosen: Which pixels count, at least two.
        normalise: What is done to each spectrum first.
    """
    _, width, bands = cube.shape
    count = int(chosen.sum())
    origin = normalise(cube[np.unravel_index(chosen.argmax(), chosen.shape)])
    total, products = np.zeros(bands), np.zeros((bands, bands))
    for rows in row_chunks(len(cube), width * bands):
        pixels = normalise(part(cube, rows)[chosen[rows]]) - origin
        total += pixels.sum(0)
        products += pixels.T @ pixels
    covariance = (products - np.outer(total, total) / count) / (count - 1)
    return origin + total / count, covariance


def noise_covariance(
    cube: Num[np.ndarray, "height width bands"],
    chosen: Bool[np.ndarray, "height width"],
    normalise: Normalise,
) -> tuple[Float64[np.ndarray, "bands bands"], int]:
    """Estimate the covariance of the noise from differences of neighbouring pixels.

    Neighbours, one below or beside the other, differ by noise where the ground is the same, and the
    difference of two has twice its covariance.

    Source: Green et al., TGRS 1988, section III (minimum/maximum autocorrelation factors),
    https://doi.org/10.1109/36.3001

    Args:
        cube: The scene; a memory-mapped file is read some rows at a time.
        chosen: Which pixels count. A pair counts if both do.
        normalise: What is done to each spectrum first.

    Returns:
        The covariance, and the number of pairs.
    """
    height, width, bands = cube.shape
    products, count = np.zeros((bands, bands)), 0
    for rows in row_chunks(height, width * bands):
        above = slice(max(0, rows.start - 1), rows.stop)  # a pair may lie across two parts
        inside = chosen[above]
        pixels = np.zeros((*inside.shape, bands))
        pixels[inside] = normalise(part(cube, above)[inside])
        own = slice(rows.start - above.start, None)
        for first, second in (
            ((slice(None, -1),), (slice(1, None),)),
            ((own, slice(None, -1)), (own, slice(1, None))),
        ):
            differences = (pixels[second] - pixels[first])[inside[first] & inside[second]]
            products += differences.T @ differences
            count += len(differences)
    return products / (2 * max(1, count)), count
