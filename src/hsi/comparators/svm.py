"""The support vector machine with an RBF kernel, tuned by cross-validation on training pixels.

scikit-learn fits it. Its decision function is written here in torch, so that it is saved as tensors
and nothing has to be unpickled.

Source: Chang & Lin, LIBSVM, TIST 2011, section 7. https://doi.org/10.1145/1961189.1961199
"""

import warnings
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn

from hsi.comparators.comparator import Comparator

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only `fit` needs it
    from sklearn.svm import SVC

LOWEST, HIGHEST = 0.01, 100.0  # temperature


class SVM(Comparator):
    """One-against-one RBF support vector machines, one for each pair of classes in training.

    Args:
        classes: Number of outputs.
        folds: Folds of the cross-validation.
        cost: Values of C to choose from.
        gamma: Values of gamma to choose from, as multiples of 1 / (components * variance), which
            scikit-learn calls "scale".
    """

    VALUES = ("support", "weights", "intercept", "first", "second", "gamma", "temperature")
    support: Tensor  # (vectors, components)
    weights: Tensor  # (vectors, pairs of classes)
    intercept: Tensor  # (pairs)
    first: Tensor  # (pairs) the class that wins if the decision value is positive
    second: Tensor  # (pairs) the class that wins if it is negative
    gamma: Tensor
    temperature: Tensor

    def __init__(self, classes: int, folds: int, cost: list[float], gamma: list[float]) -> None:
        super().__init__(classes)
        self.folds = folds
        self.costs = cost
        self.gammas = gamma
        for name in self.VALUES:
            self._set(name, torch.empty(0))

    def _set(self, name: str, value: Tensor) -> None:
        self.register_parameter(name, nn.Parameter(value, requires_grad=False))

    def fit(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        seed: int,
    ) -> float:
        """Fit to training pixels and return the mean cross-entropy of pixels left out, in nats.

        C and gamma have the best overall accuracy over stratified folds of the training pixels. The
        decision values rank the classes but are no probabilities; they are divided by the
        temperature that minimises the cross-entropy of the pixels left out (Guo et al., ICML 2017,
        https://arxiv.org/abs/1706.04599), which changes no decision.

        Args:
            features: Components of each training pixel.
            targets: Class of each, from 0.
            seed: Of the folds.

        Raises:
            ValueError: If there are not two classes, or no class has two pixels.
        """
        from scipy.optimize import minimize_scalar
        from scipy.special import log_softmax
        from sklearn.model_selection import GridSearchCV, StratifiedKFold
        from sklearn.svm import SVC

        values, labels = features.double().cpu().numpy(), targets.cpu().numpy()
        counts = np.bincount(labels)
        if counts.max() < 2 or (counts > 0).sum() < 2:
            raise ValueError(
                "svm needs two classes and a class of two training pixels; raise split.train"
            )
        folds = StratifiedKFold(min(self.folds, int(counts.max())), shuffle=True, random_state=seed)
        with warnings.catch_warnings():  # a class smaller than the number of folds is no obstacle
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            splits = list(folds.split(values, labels))
        scale = 1 / (values.shape[1] * values.var())
        grid = {"C": self.costs, "gamma": [scale * each for each in self.gammas]}
        search = GridSearchCV(SVC(cache_size=500), grid, cv=splits).fit(values, labels)

        held: list[tuple[np.ndarray, np.ndarray]] = []  # decision values, and the true column
        for train, left_out in splits:
            fold = SVC(**search.best_params_).fit(values[train], labels[train])
            known = left_out[np.isin(labels[left_out], fold.classes_)]
            decisions = fold.decision_function(values[known])
            if decisions.ndim == 1:
                decisions = np.stack([-decisions, decisions], 1) / 2
            held.append((decisions, np.searchsorted(fold.classes_, labels[known])))

        def cross_entropy(log_temperature: float) -> float:
            likelihood = [
                log_softmax(decisions / np.exp(log_temperature), 1)[np.arange(len(true)), true]
                for decisions, true in held
            ]
            return -float(np.concatenate(likelihood).mean())

        bounds = np.log([LOWEST, HIGHEST])
        best = minimize_scalar(cross_entropy, bounds=bounds, method="bounded")
        self.take(search.best_estimator_, float(np.exp(best.x)))
        self.to(features.device)
        return float(best.fun)

    def take(self, fitted: "SVC", temperature: float) -> None:
        """Copy the state of a fitted `sklearn.svm.SVC`.

        Args:
            fitted: The fitted object; its classes are targets from 0.
            temperature: Divisor of the decision values before a softmax.
        """
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
            "temperature": temperature,
        }
        for name, value in found.items():
            self._set(name, torch.as_tensor(value, dtype=torch.float32))
        self._set("first", torch.as_tensor(first))
        self._set("second", torch.as_tensor(second))

    def forward(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return votes plus a bounded share of the margins, as `SVC.decision_function` does."""
        distance = torch.cdist(features, self.support, compute_mode="donot_use_mm_for_euclid_dist")
        decisions = (-self.gamma * distance.square()).exp() @ self.weights + self.intercept
        margins, votes = (features.new_zeros(len(features), self.classes) for _ in range(2))
        margins.index_add_(1, self.first, decisions).index_add_(1, self.second, -decisions)
        won = (decisions >= 0).to(features.dtype)
        votes.index_add_(1, self.first, won).index_add_(1, self.second, 1 - won)
        return (votes + margins / (3 * (margins.abs() + 1))) / self.temperature

    def numbers_per_pixel(self) -> int:
        """Return the number of support vectors."""
        return len(self.support)

    def _load_from_state_dict(
        self,
        state: dict[str, Any],
        prefix: str,
        *rest: Any,  # noqa: ANN401
    ) -> None:
        for name in self.VALUES:  # the training decides their shapes
            if prefix + name in state:
                self._set(name, torch.empty_like(state[prefix + name]))
        super()._load_from_state_dict(state, prefix, *rest)
