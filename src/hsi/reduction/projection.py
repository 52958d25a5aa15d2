"""The map from bands to components that a reduction has fitted; it applies to any scene."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Float64, Num

from hsi.files import part, row_chunks, write


@dataclass(frozen=True)
class Projection:
    """An affine map from bands to components.

    Attributes:
        mean: (bands,) value subtracted from each band.
        axes: (components, bands) vectors whose inner products with the rest are the components.
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

    def apply_in_parts(
        self,
        cube: Num[np.ndarray, "height width bands"],
        valid: Bool[np.ndarray, "height width"],
    ) -> Iterator[tuple[slice, Float32[np.ndarray, "components some width"]]]:
        """Yield rows of a scene and their components, some rows at a time.

        A memory-mapped cube need not fit into memory. The rows are cut in the same way for every
        caller, so all get the same bits. Pixels without data get the component 0 of the mean, as
        the border around the scene and hidden pixels have.
        """
        height, width, bands = cube.shape
        for rows in row_chunks(height, width * bands):
            values = part(cube, rows)
            if not valid[rows].all():
                values = np.where(valid[rows][..., None], values, self.mean)
            yield rows, self.apply(values)

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
