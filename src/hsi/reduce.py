"""Bands to components.

`Projection` is what is kept of the fit: it takes this scene or another of the same sensor to
components.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Num
from sklearn.decomposition import PCA

from hsi.files import write


@dataclass(frozen=True)
class Projection:
    """An affine map from bands to components.

    Attributes:
        mean: (bands,) subtracted first.
        axes: (components, bands) whose inner products with what is left are the components.
    """

    mean: Float64[np.ndarray, " bands"]
    axes: Float64[np.ndarray, "components bands"]

    def apply(
        self, cube: Num[np.ndarray, "height width bands"]
    ) -> Float32[np.ndarray, "components height width"]:
        """Project every pixel, computing in float64."""
        height, width, bands = cube.shape
        pixels = cube.reshape(-1, bands) - self.mean
        components = (self.axes @ pixels.T).astype(np.float32)
        return components.reshape(-1, height, width)

    def save(self, path: Path) -> None:
        """Write an .npz of `mean` and `axes`."""
        buffer = io.BytesIO()
        np.savez(buffer, mean=self.mean, axes=self.axes)
        write(path, buffer.getbuffer())

    @classmethod
    def load(cls, path: Path) -> "Projection":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["mean"], file["axes"])


def fit_pca(
    cube: Num[np.ndarray, "height width bands"],
    chosen: Bool[np.ndarray, "height width"],
    components: int,
    whiten: bool,
) -> tuple[Projection, Float[np.ndarray, " components"]]:
    """Fit principal components to some pixels of a scene.

    Signs are scikit-learn's deterministic ones: each axis' largest entry is positive.

    Args:
        cube: The scene.
        chosen: Which pixels to fit to.
        components: How many to keep.
        whiten: Scale each component to unit variance over the chosen pixels.

    Returns:
        The projection, and the share of the variance that each component explains.

    Raises:
        ValueError: If there are fewer bands, pixels, or independent bands than components.
    """
    pixels = cube[chosen].astype(np.float64)
    count, bands = pixels.shape
    if components > bands:
        raise ValueError(f"reduce.components={components} exceeds the {bands} bands of the scene")
    if components >= count:
        raise ValueError(
            f"reduce.components={components} needs more than the {count} pixels it is fitted on; "
            "lower it or set reduce.fit_on=scene"
        )
    pca = PCA(components, svd_solver="full" if count < bands else "covariance_eigh").fit(pixels)
    variance = pca.explained_variance_
    if variance[-1] <= 1e-12 * variance[0]:
        rank = int((variance > 1e-12 * variance[0]).sum())
        raise ValueError(
            f"reduce.components={components} exceeds the {rank} independent bands of the pixels "
            "it is fitted on"
        )
    axes = pca.components_ / np.sqrt(variance)[:, None] if whiten else pca.components_
    return Projection(pca.mean_, axes), pca.explained_variance_ratio_
