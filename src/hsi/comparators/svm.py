"""The support vector machine with an RBF kernel.

scikit-learn fits it. Its decision function is written here in torch, so that it is saved as tensors
and nothing has to be unpickled.

Source: Chang & Lin, LIBSVM, TIST 2011, section 7. https://doi.org/10.1145/1961189.1961199
"""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from hsi.comparators.comparator import Comparator

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only `learn` needs it
    from sklearn.svm import SVC


class SVM(Comparator):
    """One-against-one RBF support vector machines, one for each pair of classes in training.

    Args:
        classes: Number of outputs.
        folds: Folds of the cross-validation.
        cost: Values of C to choose from.
        gamma: Values of gamma to choose from, as multiples of 1 / (components * variance), which
            scikit-learn calls "scale".
    """

    support: Tensor  # (vectors, components)
    weights: Tensor  # (vectors, pairs of classes)
    intercept: Tensor  # (pairs)
    first: Tensor  # (pairs) the class that wins if the decision value is positive
    second: Tensor  # (pairs) the class that wins if it is negative
    gamma: Tensor

    def __init__(self, classes: int, folds: int, cost: list[float], gamma: list[float]) -> None:
        super().__init__(classes, folds, {"cost": cost, "gamma": gamma})

    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Fit scikit-learn's SVC: see `Comparator.learn`."""
        from sklearn.svm import SVC

        values = features.double().cpu().numpy()
        scale = 1 / (values.shape[1] * values.var())
        svc = SVC(C=constants["cost"], gamma=constants["gamma"] * scale, cache_size=500)
        self.take(svc.fit(values, targets.cpu().numpy()))
        self.to(features.device)

    def take(self, fitted: "SVC") -> None:
        """Copy the state of a fitted `sklearn.svm.SVC`, whose classes are targets from 0."""
        pairs = list(combinations(range(len(fitted.classes_)), 2))
        owner = np.repeat(np.arange(len(fitted.classes_)), fitted.n_support_)
        weights = np.zeros((len(owner), len(pairs)))
        for column, (i, j) in enumerate(pairs):  # row j - 1 of class i's coefficients faces class j
            weights[owner == i, column] = fitted.dual_coef_[j - 1, owner == i]
            weights[owner == j, column] = fitted.dual_coef_[i, owner == j]
        sign = -1 if len(pairs) == 1 else 1  # scikit-learn inverts the sign of a single pair
        first, second = fitted.classes_[np.array(pairs)].T
        found = {
            "support": fitted.support_vectors_,
            "weights": sign * weights,
            "intercept": sign * fitted.intercept_,
            "gamma": fitted._gamma,
        }
        self.keep(
            **{name: torch.as_tensor(each, dtype=torch.float32) for name, each in found.items()}
        )
        self.keep(first=torch.as_tensor(first), second=torch.as_tensor(second))

    def scores(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return votes plus a bounded share of the margins, as `SVC.decision_function` does."""
        distance = torch.cdist(features, self.support, compute_mode="donot_use_mm_for_euclid_dist")
        decisions = (-self.gamma * distance.square()).exp() @ self.weights + self.intercept
        margins, votes = (features.new_zeros(len(features), self.classes) for _ in range(2))
        margins.index_add_(1, self.first, decisions).index_add_(1, self.second, -decisions)
        won = (decisions >= 0).to(features.dtype)
        votes.index_add_(1, self.first, won).index_add_(1, self.second, 1 - won)
        return votes + margins / (3 * (margins.abs() + 1))

    def numbers_per_pixel(self) -> int:
        """Return the number of support vectors."""
        return len(getattr(self, "support", ()))
