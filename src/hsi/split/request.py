"""What every split method takes and returns."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, UInt8

from hsi.cube.padded import EVERYONE
from hsi.scene.info import SceneInfo


@dataclass(frozen=True)
class Request:
    """A labelled scene, and how many of its pixels should train and validate.

    Attributes:
        truth: Class of each pixel, 0 for unlabelled.
        valid: Whether a pixel holds data; others are unlabelled.
        regions: Number, from 1, of the polygon or connected region that each labelled pixel is in.
        info: Names of the classes, and their labels in the user's own file.
        train: Below 1 the share of each class (rounded, at least one pixel), else pixels of each
            class.
        validation: Likewise; 0 for none.
        seed: Of every random draw.
    """

    truth: Int32[np.ndarray, "height width"]
    valid: Bool[np.ndarray, "height width"]
    regions: Int32[np.ndarray, "height width"]
    info: SceneInfo
    train: float | int
    validation: float | int
    seed: int


@dataclass(frozen=True)
class Split:
    """The sides of a split: TRAIN, VALIDATION and TEST of `hsi.cube.pixels`.

    Attributes:
        sides: Side of each labelled pixel; 0 for unlabelled pixels and for those on no side.
        owner: Side that each pixel of the scene belongs to, and that the other sides do not see;
            EVERYONE (0) where all sides see it.
        truth: Class of each pixel, 0 for unlabelled: the request's, except where the user's masks
            have labels of their own (`split.file.labels`).
        groups: What was put on a side together with each pixel, such as a block: a number.
            Cross-validation inside the training side leaves out the same.
    """

    sides: UInt8[np.ndarray, "height width"]
    owner: UInt8[np.ndarray, "height width"]
    truth: Int32[np.ndarray, "height width"]
    groups: Int32[np.ndarray, "height width"]

    @classmethod
    def shared(
        cls,
        sides: UInt8[np.ndarray, "height width"],
        truth: Int32[np.ndarray, "height width"],
        groups: Int32[np.ndarray, "height width"] | None = None,
    ) -> "Split":
        """Return a split in which every side sees every pixel; without `groups` each is its own."""
        if groups is None:
            groups = np.arange(sides.size, dtype=np.int32).reshape(sides.shape)
        return cls(sides, np.full(sides.shape, EVERYONE, np.uint8), truth, groups)
