"""Training pixels, and how a network is trained on them."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from hsi.cube.pixels import Pixels


@dataclass(frozen=True)
class Samples:
    """Training pixels on a device.

    Attributes:
        rows: Row of each pixel in the scene, without the border of the padded cube.
        columns: Column of each.
        targets: Class of each, from 0.
    """

    rows: Int64[Tensor, " pixels"]
    columns: Int64[Tensor, " pixels"]
    targets: Int64[Tensor, " pixels"]

    @classmethod
    def of(cls, pixels: Pixels, device: str) -> "Samples":
        """Copy the pixels of one side of a split to a device."""
        arrays = (pixels.rows, pixels.columns, pixels.targets)
        return cls(*(torch.from_numpy(each).long().to(device) for each in arrays))

    def __len__(self) -> int:
        """Return the number of pixels."""
        return len(self.targets)

    def __getitem__(self, index: Int64[Tensor, " some"]) -> "Samples":
        """Return some of the pixels."""
        return Samples(self.rows[index], self.columns[index], self.targets[index])


@dataclass(frozen=True)
class TrainingRecipe:
    """How to train a network.

    Attributes:
        batch: Largest size of shuffled mini-batches of windows. None for one step an epoch, with
            the trunk over the whole scene and the head on the windows of all training pixels.
        epochs: Passes over the training pixels.
        rate: Peak learning rate.
        schedule: `one_cycle` (Smith & Topin 2018, https://arxiv.org/abs/1708.07120) or `constant`.
        weight_decay: Decoupled weight decay; with 0, AdamW is Adam.
        smoothing: Label smoothing in [0, 1).
        augment: Apply a random symmetry of the square, to each window or to the whole scene.
        precision: `float32`, or `bfloat16` for convolutions and matrix products; weights, their
            gradients and the moments of the optimizer stay in float32.
    """

    batch: int | None
    epochs: int
    rate: float
    schedule: str
    weight_decay: float
    smoothing: float
    augment: bool
    precision: str
