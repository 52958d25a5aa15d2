"""The k nearest neighbours in the space of components.

Source: Cover & Hart, IEEE Transactions on Information Theory 1967.
https://doi.org/10.1109/TIT.1967.1053964
"""

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor
from torch.nn.functional import one_hot

from hsi.comparators.comparator import LEAST, Comparator


class Neighbours(Comparator):
    """The shares of the classes among the training pixels with the most similar components.

    Args:
        classes: Number of outputs.
        folds: Folds of the cross-validation.
        neighbours: Numbers of neighbours to choose from.
    """

    known: Tensor  # (training pixels, components)
    targets: Tensor  # (training pixels)
    many: Tensor  # number of neighbours

    def __init__(self, classes: int, folds: int, neighbours: list[int]) -> None:
        super().__init__(classes, folds, {"neighbours": [float(each) for each in neighbours]})

    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Keep the pixels: see `Comparator.learn`."""
        many = min(int(constants["neighbours"]), len(targets))
        self.keep(known=features.clone(), targets=targets.clone(), many=torch.tensor(many))

    def scores(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return the logarithm of the share of each class among the neighbours."""
        distance = torch.cdist(features, self.known, compute_mode="donot_use_mm_for_euclid_dist")
        nearest = distance.topk(int(self.many), dim=1, largest=False).indices
        shares = one_hot(self.targets[nearest], self.classes).to(features.dtype).mean(1)
        return (shares + LEAST).log()

    def numbers_per_pixel(self) -> int:
        """Return the number of training pixels, to each of which a distance is computed."""
        return len(getattr(self, "known", ()))
