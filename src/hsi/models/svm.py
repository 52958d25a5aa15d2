"""A support vector machine with an RBF kernel, in a network's form: it reads the centre pixel.

scikit-learn fits it (`hsi.fit_svm`). Its decision function stands here in torch, so that it goes
through the same file, scores and map as any network, and nothing is unpickled.

Source: Chang & Lin, LIBSVM, TIST 2011, section 7. https://doi.org/10.1145/1961189.1961199
"""

from itertools import combinations
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from sklearn.svm import SVC
from torch import Tensor, nn

from hsi.models.trunk_head import Attend, TrunkHead


class Centre(nn.Module):
    """Cut a margin off all four sides: of a window of 2 margin + 1 pixels its centre is left."""

    def __init__(self, margin: int) -> None:
        super().__init__()
        self.margin = margin

    def forward(
        self, x: Float[Tensor, "b 1 components height width"]
    ) -> Float[Tensor, "b components inner_height inner_width"]:
        """Return what is left, without the axis of length 1."""
        height, width = (side - 2 * self.margin for side in x.shape[-2:])
        return x[:, 0].narrow(-2, self.margin, height).narrow(-1, self.margin, width)


class RbfMachine(nn.Module):
    """One-against-one RBF support vector machines; empty until `take` or a state fills it.

    Args:
        classes: How many; each pair of those in training has a machine.
    """

    VALUES = ("support", "weights", "intercept", "first", "second", "gamma", "temperature")
    support: Tensor  # (vectors, components)
    weights: Tensor  # (vectors, pairs of classes)
    intercept: Tensor  # (pairs)
    first: Tensor  # (pairs) the class a positive decision speaks for
    second: Tensor  # (pairs) the class a negative one does
    gamma: Tensor
    temperature: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        for name in self.VALUES:
            self._set(name, torch.empty(0))

    def _set(self, name: str, value: Tensor) -> None:
        self.register_parameter(name, nn.Parameter(value, requires_grad=False))

    def take(self, machine: SVC, temperature: float) -> None:
        """Copy a fitted machine.

        Args:
            machine: The machine; its classes are targets from 0.
            temperature: What divides its decision values before a softmax.
        """
        pairs = list(combinations(range(len(machine.classes_)), 2))
        owner = np.repeat(np.arange(len(machine.classes_)), machine.n_support_)
        weights = np.zeros((len(owner), len(pairs)))
        for column, (i, j) in enumerate(pairs):  # row j - 1 of class i's coefficients faces class j
            weights[owner == i, column] = machine.dual_coef_[j - 1, owner == i]
            weights[owner == j, column] = machine.dual_coef_[i, owner == j]
        sign = -1 if len(pairs) == 1 else 1  # scikit-learn turns a single pair round
        first, second = machine.classes_[np.array(pairs)].T
        found = {
            "support": machine.support_vectors_,
            "weights": sign * weights,
            "intercept": sign * machine.intercept_,
            "gamma": machine._gamma,
            "temperature": temperature,
        }
        for name, value in found.items():
            self._set(name, torch.as_tensor(value, dtype=torch.float32))
        self._set("first", torch.as_tensor(first))
        self._set("second", torch.as_tensor(second))

    def forward(self, x: Float[Tensor, "b components 1 1"]) -> Float[Tensor, "b classes"]:
        """Return votes plus a bounded share of the margins, as `SVC.decision_function` does."""
        distance = torch.cdist(
            x.flatten(1), self.support, compute_mode="donot_use_mm_for_euclid_dist"
        )
        decisions = (-self.gamma * distance.square()).exp() @ self.weights + self.intercept
        margins, votes = (x.new_zeros(len(x), self.classes) for _ in range(2))
        margins.index_add_(1, self.first, decisions).index_add_(1, self.second, -decisions)
        won = (decisions >= 0).to(x.dtype)
        votes.index_add_(1, self.first, won).index_add_(1, self.second, 1 - won)
        return (votes + margins / (3 * (margins.abs() + 1))) / self.temperature

    def _load_from_state_dict(
        self,
        state: dict[str, Any],
        prefix: str,
        *rest: Any,  # noqa: ANN401
    ) -> None:
        for name in self.VALUES:  # their shapes are the training's to decide
            if prefix + name in state:
                self._set(name, torch.empty_like(state[prefix + name]))
        super()._load_from_state_dict(state, prefix, *rest)


def svm(
    components: int,
    window: int,
    classes: int,
    *,
    batch_norm: bool,
    dropout: float,
    attend: Attend,
) -> TrunkHead:
    """Build an empty machine for the centre pixels of windows.

    Args:
        components: Features of a pixel.
        window: Odd side of the windows whose centre it reads.
        classes: Number of outputs.
        batch_norm: Means nothing here.
        dropout: Means nothing here.
        attend: Means nothing here.
    """
    margin = window // 2
    return TrunkHead(Centre(margin), RbfMachine(classes), window, margin)
