"""Principal component analysis.

Source: Jolliffe & Cadima, Phil. Trans. R. Soc. A 2016. https://doi.org/10.1098/rsta.2015.0202
"""

import numpy as np
from jaxtyping import Bool, Num

from hsi.choices import NORMALISATIONS
from hsi.reduction.moments import moments
from hsi.reduction.projection import Projection, positive


def fit_pca(
    cube: Num[np.ndarray, "height width bands"],
    chosen: Bool[np.ndarray, "height width"],
    components: int,
    normalise: str,
    whiten: bool,
) -> tuple[Projection, dict[str, float]]:
    """Fit principal components to some pixels of a scene.

    The largest entry of each axis is positive, as in scikit-learn.

    Args:
        cube: The scene; a memory-mapped file need not fit into memory.
        chosen: Which pixels to fit to.
        components: How many to keep.
        normalise: What is done to each spectrum first, one of NORMALISATIONS.
        whiten: Scale each component to unit variance over the chosen pixels.

    Returns:
        The projection, and the `explained_variance`: the components' share of it.

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
    mean, covariance = moments(cube, chosen, NORMALISATIONS[normalise].load())
    values, vectors = np.linalg.eigh(covariance)  # ascending
    variance, axes = values[::-1][:components], vectors.T[::-1][:components]
    if variance[-1] <= 1e-12 * variance[0]:
        rank = int((variance > 1e-12 * variance[0]).sum())
        raise ValueError(
            f"reduce.components={components} exceeds the {rank} independent bands of the pixels "
            "it is fitted on"
        )
    axes = positive(axes) / (np.sqrt(variance)[:, None] if whiten else 1)
    explained = float((variance / values.sum()).sum())
    return Projection(mean, axes, normalise), {"explained_variance": explained}
