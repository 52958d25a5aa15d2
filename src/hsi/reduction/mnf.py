"""Minimum noise fraction: the components with the largest ratio of signal to noise.

Source: Green et al., TGRS 1988. https://doi.org/10.1109/36.3001
"""

import numpy as np
from jaxtyping import Bool, Num
from scipy.linalg import eigh

from hsi.choices import NORMALISATIONS
from hsi.reduction.moments import moments, noise_covariance
from hsi.reduction.projection import Projection, positive


def fit_mnf(
    cube: Num[np.ndarray, "height width bands"],
    chosen: Bool[np.ndarray, "height width"],
    components: int,
    normalise: str,
    ridge: float,
    whiten: bool,
) -> tuple[Projection, dict[str, float]]:
    """Fit minimum noise fraction components to some pixels of a scene.

    The axes are the generalised eigenvectors of the covariance of the pixels and that of their
    noise (`hsi.reduction.moments.noise_covariance`). Each component has a noise of variance 1, so
    its variance is one plus its signal-to-noise ratio. The largest entry of each axis is positive.

    Args:
        cube: The scene; a memory-mapped file need not fit into memory.
        chosen: Which pixels to fit to, labelled or not.
        components: How many to keep.
        normalise: What is done to each spectrum first, one of NORMALISATIONS.
        ridge: Added to the diagonal of the noise covariance, as a share of its mean.
        whiten: Scale each component to unit variance over the chosen pixels.

    Returns:
        The projection, and the `least_variance_over_noise` of the components.

    Raises:
        ValueError: If there are fewer bands or pairs of neighbours than the fit needs.
    """
    bands = cube.shape[2]
    if components > bands:
        raise ValueError(f"reduce.components={components} exceeds the {bands} bands of the scene")
    function = NORMALISATIONS[normalise].load()
    noise, pairs = noise_covariance(cube, chosen, function)
    if pairs < bands:
        raise ValueError(
            f"reduce.method=mnf finds {pairs} pairs of neighbouring pixels to estimate the noise "
            f"of {bands} bands from, and needs {bands}; set reduce.fit_on=scene"
        )
    if not noise.any():
        raise ValueError(
            "reduce.method=mnf finds no noise: all neighbouring pixels are equal; set "
            "reduce.method=pca"
        )
    noise += ridge * np.trace(noise) / bands * np.eye(bands)
    mean, covariance = moments(cube, chosen, function)
    kept = [bands - components, bands - 1]
    try:
        values, vectors = eigh(covariance, noise, subset_by_index=kept)
    except np.linalg.LinAlgError as error:
        raise ValueError(
            "reduce.mnf.ridge: should be larger, because the noise of some bands depends on that "
            f"of others (got {ridge})"
        ) from error
    variance, axes = values[::-1], positive(vectors.T[::-1])
    if variance[-1] <= 1e-12 * variance[0]:
        raise ValueError(
            f"reduce.components={components} exceeds the independent bands of the pixels it is "
            "fitted on"
        )
    if whiten:
        axes = axes / np.sqrt(variance)[:, None]
    facts = {"least_variance_over_noise": float(variance[-1])}
    return Projection(mean, axes, normalise), facts
