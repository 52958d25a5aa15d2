"""The form of every comparator: it classifies each pixel by the components of that pixel alone."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn

from hsi.networks.memory import LARGEST_TILE, MemoryLimits

KERNEL = 2**25  # numbers that a comparator computes at once: 128 MiB in float32


class Comparator(nn.Module, ABC):
    """A classifier of single pixels, whose fitted state is a `state_dict` of tensors.

    So a comparator is saved, loaded and run like a network, and loading it executes nothing.

    Attributes:
        classes: Number of outputs.
        window: Side of the window that it reads, 1 pixel.
    """

    window = 1

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    @abstractmethod
    def fit(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        seed: int,
    ) -> float:
        """Fit to training pixels and return the mean cross-entropy of pixels left out, in nats.

        Args:
            features: Components of each training pixel.
            targets: Class of each, from 0.
            seed: Of every random draw.

        Raises:
            ValueError: If the pixels are too few to be fitted to.
        """

    @abstractmethod
    def forward(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return unnormalised class scores."""

    @abstractmethod
    def numbers_per_pixel(self) -> int:
        """Return how many numbers `forward` computes for each pixel."""

    def memory_limits(self, components: int) -> MemoryLimits:
        """Return how much of a scene the comparator may be given at once."""
        return MemoryLimits(max(2, KERNEL // max(1, self.numbers_per_pixel())), LARGEST_TILE)

    def probabilities(
        self,
        tile: Float32[Tensor, "components tile_height tile_width"],
        pixels: tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]] | None,
        at_once: int,
    ) -> Float32[Tensor, "some classes"]:
        """Return class probabilities of some pixels of a tile, or of all in reading order.

        The arguments are those of `hsi.networks.trunk_head.TrunkHead.probabilities`.
        """
        features = tile.flatten(1) if pixels is None else tile[:, pixels[0], pixels[1]]
        return torch.cat([self(part) for part in features.T.split(at_once)]).softmax(1)
