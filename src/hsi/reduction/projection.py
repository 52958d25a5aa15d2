"""The map from bands to components that a reduction has fitted; it applies to any scene."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Float64, Num

from hsi.choices import NORMALISATIONS
from hsi.files import new_array, part, refuse_irregular, row_chunks, write


@dataclass(frozen=True)
class Projection:
    """A per-pixel normalisation, followed by an affine map from bands to components.

    Attributes:
        mean: (bands,) value subtracted from each band.
        axes: (components, bands) vectors whose inner products with the rest are the components.
        normalise: What is done to each spectrum first, one of NORMALISATIONS.
    """

    mean: Float64[np.ndarray, " bands"]
    axes: Float64[np.ndarray, "components bands"]
    normalise: str

    def apply(
        self,
        pixels: Num[np.ndarray, "height width bands"],
        valid: Bool[np.ndarray, "height width"] | None = None,
    ) -> Float32[np.ndarray, "components height width"]:
        """Project some rows of a scene, computing in float64.

        Args:
            pixels: The rows.
            valid: Which pixels hold data; None for all. Others get the component 0 of the mean, as
                the border around the scene and hidden pixels have, whatever they hold.
        """
        normalise = NORMALISATIONS[self.normalise].load()
        valid = np.ones(pixels.shape[:2], bool) if valid is None else valid
        components = np.zeros((len(self.axes), *valid.shape), np.float32)
        components[:, valid] = self.axes @ (normalise(pixels[valid]) - self.mean).T
        return components

    def apply_in_parts(
        self,
        cube: Num[np.ndarray, "height width bands"],
        valid: Bool[np.ndarray, "height width"],
    ) -> Iterator[tuple[slice, Float32[np.ndarray, "components some width"]]]:
        """Yield rows of a scene and their components, some rows at a time.

        A memory-mapped cube need not fit into memory. The rows are cut in the same way for every
        caller, so all get the same bits.
        """
        height, width, bands = cube.shape
        for rows in row_chunks(height, width * bands):
            yield rows, self.apply(part(cube, rows), valid[rows])

    def save(self, path: Path) -> None:
        """Write an .npz of `mean`, `axes` and `normalise`."""
        buffer = io.BytesIO()
        np.savez(buffer, mean=self.mean, axes=self.axes, normalise=np.array(self.normalise))
        write(path, buffer.getbuffer())

    @classmethod
    def load(cls, path: Path) -> "Projection":
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: If it is not there.
            ValueError: If it is broken.
        """
        try:
            refuse_irregular(path)
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                found = cls(file["mean"], file["axes"], str(file["normalise"]))
            if found.normalise not in NORMALISATIONS or found.axes.shape[1:] != found.mean.shape:
                raise ValueError("its arrays do not fit one another")
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{path} is missing; run `dvc repro`") from error
        except Exception as error:  # zipfile, zlib and numpy raise many kinds
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            message = f"{path} is broken ({reason}); delete it and run `dvc repro`"
            raise ValueError(message) from error
        return found


def write_reduced(
    path: Path,
    cube: Num[np.ndarray, "height width bands"],
    valid: Bool[np.ndarray, "height width"],
    projection: Projection,
) -> None:
    """Write the components of a scene, (components, height, width), some rows at a time."""
    with new_array(path, (len(projection.axes), *valid.shape), np.float32) as put:
        for rows, components in projection.apply_in_parts(cube, valid):
            put(rows.start, components)


def positive(
    axes: Float64[np.ndarray, "components bands"],
) -> Float64[np.ndarray, "components bands"]:
    """Return axes with the sign that makes the largest entry of each positive."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    return axes * np.sign(largest)
