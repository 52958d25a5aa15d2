"""Random forests and extremely randomised trees.

scikit-learn fits them. Their trees are kept as tensors and followed in torch, so that nothing has
to be unpickled.

Sources: Breiman, Machine Learning 2001, https://doi.org/10.1023/A:1010933404324; Geurts et al.,
Machine Learning 2006 (extra trees), https://doi.org/10.1007/s10994-006-6226-1
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from hsi.comparators.comparator import LEAST, Comparator

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier


class Forest(Comparator):
    """The mean of the class probabilities of many trees.

    Args:
        classes: Number of outputs.
        folds: Folds of the cross-validation.
        trees: Number of trees.
        leaf: Least numbers of pixels in a leaf to choose from.
    """

    feature: Tensor  # (nodes) which component decides
    threshold: Tensor  # (nodes) up to which it goes to the left
    left: Tensor  # (nodes) number of the next node; that of the node itself at a leaf
    right: Tensor  # (nodes)
    share: Tensor  # (nodes, classes) of the training pixels in the node
    roots: Tensor  # (trees) number of the first node
    levels: Tensor  # (depth of the deepest tree) of ones

    def __init__(self, classes: int, folds: int, trees: int, leaf: list[int]) -> None:
        super().__init__(classes, folds, {"leaf": [float(each) for each in leaf]})
        self.trees = trees

    def ensemble(self, leaf: int, seed: int) -> "RandomForestClassifier | ExtraTreesClassifier":
        """Return scikit-learn's forest, not yet fitted."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(self.trees, min_samples_leaf=leaf, random_state=seed)

    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Fit scikit-learn's forest: see `Comparator.learn`."""
        forest = self.ensemble(int(constants["leaf"]), seed)
        forest.fit(features.cpu().numpy(), targets.cpu().numpy())
        trees = [each.tree_ for each in forest.estimators_]
        counts = np.array([tree.node_count for tree in trees])
        roots = np.cumsum(counts) - counts
        own = np.arange(counts.sum())
        share = np.zeros((counts.sum(), self.classes), np.float32)
        share[:, forest.classes_] = np.concatenate([tree.value[:, 0] for tree in trees])
        leaves = np.concatenate([tree.children_left for tree in trees]) < 0
        start = np.repeat(roots, counts)
        left, right = (
            np.where(leaves, own, start + np.concatenate([getattr(tree, side) for tree in trees]))
            for side in ("children_left", "children_right")
        )
        feature = np.concatenate([tree.feature for tree in trees])
        self.keep(
            feature=torch.from_numpy(np.where(leaves, 0, feature)),
            threshold=torch.from_numpy(np.concatenate([tree.threshold for tree in trees])),
            left=torch.from_numpy(left),
            right=torch.from_numpy(right),
            share=torch.from_numpy(share),
            roots=torch.from_numpy(roots),
            levels=torch.ones(max(tree.max_depth for tree in trees)),
        )
        self.to(features.device)

    def scores(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return the logarithm of the mean of the trees' probabilities."""
        node = self.roots.expand(len(features), -1)
        for _ in range(len(self.levels)):
            value = features.gather(1, self.feature[node])
            node = torch.where(value <= self.threshold[node], self.left[node], self.right[node])
        return (self.share[node].mean(1) + LEAST).log()

    def numbers_per_pixel(self) -> int:
        """Return the number of probabilities of all trees."""
        return self.trees * self.classes


class ExtraTrees(Forest):
    """Extremely randomised trees: thresholds are drawn at random."""

    def ensemble(self, leaf: int, seed: int) -> "RandomForestClassifier | ExtraTreesClassifier":
        """Return scikit-learn's forest, not yet fitted."""
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(self.trees, min_samples_leaf=leaf, random_state=seed)
