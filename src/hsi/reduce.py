"""Bands to components.

`Projection` is what is kept of the fit: it takes this scene or another of the same sensor to
components.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Num

from hsi.files import blocks, part, write


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
        self, pixels: Num[np.ndarray, "height width bands"]
    ) -> Float32[np.ndarray, "components height width"]:
        """Project some rows of a scene, computing in float64."""
        height, width, bands = pixels.shape
        centred = pixels.reshape(-1, bands) - self.mean
        return (self.axes @ centred.T).astype(np.float32).reshape(-1, height, width)

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
    """Fit principal components to some pixels of a scene, reading it once, some rows at a time.

    Covariance is summed in float64, of differences to a pixel of the scene, so that nothing is lost
    to large means. Signs are scikit-learn's: each axis' largest entry is positive.

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
    _, width, bands = cube.shape
    count = int(chosen.sum())
    if components > bands:
        raise ValueError(f"reduce.components={components} exceeds the {bands} bands of the scene")
    if components >= count:
        raise ValueError(
            f"reduce.components={components} needs more than the {count} pixels it is fitted on; "
            "lower it or set reduce.fit_on=scene"
        )
    origin = cube[np.unravel_index(chosen.argmax(), chosen.shape)].astype(np.float64)
    total, products = np.zeros(bands), np.zeros((bands, bands))
    for rows in blocks(len(cube), width * bands):
        pixels = part(cube, rows)[chosen[rows]] - origin
        total += pixels.sum(0)
        products += pixels.T @ pixels
    covariance = (products - np.outer(total, total) / count) / (count - 1)
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
    return Projection(origin + total / count, axes), variance / values.sum()
