"""The mean of class probabilities over a square around each pixel."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32
from numpy.lib.stride_tricks import sliding_window_view

from hsi.inference.smoothing import Graph, Smoothing


@dataclass(frozen=True)
class Box(Smoothing):
    """Average over a square, whatever lies in it.

    Attributes:
        width: Odd side of the square, pixels.
    """

    width: int

    @property
    def reach(self) -> int:
        """Half the side; the answer does not depend on rows beyond it at all."""
        return self.width // 2

    def smooth(
        self,
        probability: Float32[np.ndarray, "rows width classes"],
        graph: Graph | None,
        inside: Bool[np.ndarray, "rows width"],
        known: Int32[np.ndarray, "rows width"],
    ) -> Float32[np.ndarray, "rows width classes"]:
        """Return the means over pixels inside: see `Smoothing.smooth`."""
        own = np.where(inside[..., None], probability, np.float32(0))
        total = box_sum(own, self.width)
        many = box_sum(inside[..., None].astype(np.float32), self.width)
        return np.where(inside[..., None], total / np.maximum(many, 1), probability)


def box_sum(
    values: Float32[np.ndarray, "rows width layers"], side: int
) -> Float32[np.ndarray, "rows width layers"]:
    """Return the sum over the square around each pixel; there are zeros around the scene.

    Each sum is computed for itself, so that a pixel has no influence beyond its squares: filters
    that keep a running sum carry its rounding along.
    """
    border = side // 2
    padded = np.pad(values, [(border, border), (border, border), (0, 0)])
    along = sliding_window_view(padded, side, axis=1).sum(-1)
    return sliding_window_view(along, side, axis=0).sum(-1)
