"""A scene with the labels that a comparator was fitted to, and the same without some of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int32, Int64

from hsi.comparators.comparator import Comparator
from hsi.comparators.folds import folds_of
from hsi.cube.padded import PaddedCube, hidden_from
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.smoothing import LEADING, Graph, Smoothing, known_labels, whole
from hsi.inference.tiles import classify_scene


@dataclass(frozen=True)
class LabelledScene:
    """A scene in memory, and its training labels.

    Attributes:
        cube: The padded cube.
        valid: (height, width) which pixels hold data.
        pixels: The training pixels.
        groups: (pixels,) what cross-validation leaves out together with each of them.
    """

    cube: PaddedCube
    valid: Bool[np.ndarray, "height width"]
    pixels: Pixels
    groups: Int64[np.ndarray, " pixels"]

    def folds(self, many: int, seed: int) -> "Iterator[tuple[LabelledScene, Pixels]]":
        """Yield the scene without the labels of each fold, and the pixels that are left out."""
        targets, groups = torch.from_numpy(self.pixels.targets), torch.from_numpy(self.groups)
        for fold in folds_of(targets, groups, many, seed):
            kept = fold.train.numpy()
            rest = replace(self, pixels=self.pixels.some(kept), groups=self.groups[kept])
            yield rest, self.pixels.some(fold.held.numpy())

    def inside(self, smoothing: Smoothing) -> Bool[np.ndarray, "height width"]:
        """Return the pixels that take part in a smoothing while training labels alone are known.

        They are all where training labels anchor it, and else those that the training side may see.
        """
        if smoothing.anchored:
            return self.valid
        return self.valid & ~hidden_from(TRAIN, self.cube.scene_owner)

    def graph(self, smoothing: Smoothing) -> Graph | None:
        """Return how these pixels are linked."""
        image = self.cube.leading(slice(0, self.cube.size[0]), LEADING)
        return smoothing.graph(image, self.inside(smoothing))

    def known(self, smoothing: Smoothing) -> Int32[np.ndarray, "height width"]:
        """Return the class, from 1, of the pixels that anchor a smoothing; 0 for all others."""
        anchors = self.pixels if smoothing.anchored else self.pixels.some(np.arange(0))
        return known_labels(anchors, self.valid.shape)

    def refitted(self, comparator: Comparator, pixels: Pixels, seed: int) -> Comparator:
        """Return a comparator with the constants of another, fitted to some pixels."""
        where = next(comparator.parameters()).device
        features = torch.from_numpy(self.cube.at(pixels.rows, pixels.columns)).to(where)
        return comparator.refitted(features, torch.from_numpy(pixels.targets).to(where), seed)

    def probabilities(self, comparator: Comparator) -> Float32[np.ndarray, "height width classes"]:
        """Return what a comparator says of every pixel, with nothing hidden."""
        return whole(classify_scene(comparator, self.cube, None, turns=False))
