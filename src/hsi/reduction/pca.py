"""Principal component analysis.

Source: Jolliffe & Cadima, Phil. Trans. R. Soc. A 2016. https://doi.org/10.1098/rsta.2015.0202
"""

import numpy as np
from jaxtyping import Bool, Float, Num

from hsi.reduction.moments import moments
from hsi.reduction.projection import Projection


def fit_pca(
    cube: Num[np.ndarray, "height width bands"],
    chosen: Bool[np.ndarray, "height width"],
    components: int,
    whiten: bool,
) -> tuple[Projection, Float[np.ndarray, " components"]]:
    """Fit principal components to some pixels of a scene.

    The largest entry of each axis is positive, as in scikit-learn.

    Args:
        cube: The scene; a memory-mapped file need not fit into memory.
        chosen: Which pixels to fit to.
        components: How many to keep.
        whiten: Scale each component to unit variance over the chosen pixels.

    Returns:
        The projection, and the share of the variance that each component explains.

    Raises:
        ValueError: If there are fewer bands, pixels, or independent bands than components.
    """
    bands, count = cube.shape[2], int(chosen.sum())
    if components > bands:
        raise ValueError(f"reduce.components={components} exceeds the {bands} bands of the scene")
    if components >= count:
        raise ValueError(
            f"reduce.components={components} needs more than the {count} pixels it is fitted on; "
            "lower it or set reduce.fit_on=scene"
        )
    mean, covariance = moments(cube, chosen)
    values, vectors = np.linalg.eigh(covariance)  # ascending
    variance, axes = values[::-1][:components], vectors.T[::-1][:components]
    if variance[-1] <= 1e-12 * variance[0]:
        rank = int((variance > 1e-12 * variance[0]).sum())
        raise ValueError(
            f"reduce.components={components} exceeds the {rank} independent bands of the pixels "
            "it is fitted on"
        )
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    axes = axes * np.sign(largest) / (np.sqrt(variance)[:, None] if whiten else 1)
    return Projection(mean, axes), variance / values.sum()
