"""Kernel ridge regression onto one-hot classes, with an RBF kernel.

The answers of a regression that was fitted without a group of pixels have a closed form. So the
cross-validation leaves out every group in turn, and costs little more than one fit. If there are
more training pixels than `most`, the centres of the kernel are some of them, drawn at random (the
Nystroem approximation); the regression is fitted to all pixels in any case.

Sources: Rifkin, Yeo & Poggio, Regularized least-squares classification, 2003,
https://cbcl.mit.edu/publications/ps/rlsc.pdf; Cook & Weisberg, Residuals and Influence in
Regression, 1982, section 2.2 (groups left out), https://hdl.handle.net/11299/37076; Williams &
Seeger, NIPS 2000 (Nystroem),
https://papers.nips.cc/paper/1866-using-the-nystrom-method-to-speed-up-kernel-machines
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64
from torch import Tensor, nn
from torch.nn.functional import one_hot

from hsi.comparators.comparator import Comparator

SMALLEST = 1e-10  # eigenvalues of the kernel that count, as a share of the largest


class KernelRidge(Comparator):
    """Ridge regression onto classes in the feature space of an RBF kernel.

    Args:
        classes: Number of outputs.
        gamma: Values to choose from, as multiples of 1 / (median squared distance of two training
            pixels); the kernel is exp(-gamma * squared distance).
        ridge: Values to choose from of what is added to the diagonal.
        most: Largest number of centres of the kernel.
    """

    centres: Tensor  # (centres, components)
    weights: Tensor  # (centres, classes)
    gamma: Tensor

    def __init__(self, classes: int, gamma: list[float], ridge: list[float], most: int) -> None:
        super().__init__(classes, 0, {"gamma": gamma, "ridge": ridge})
        self.most = most

    def trials(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        groups: Int64[Tensor, " pixels"],
        seed: int,
    ) -> Iterator[tuple[dict[str, float], np.ndarray, np.ndarray]]:
        """Leave every group out in turn, by the closed form: see `Comparator.trials`.

        Where each class is in one group, single pixels are left out.
        """
        values, classes, places = features.double().cpu(), targets.cpu(), groups.cpu()
        centres, wanted = self._centres(values, seed), self._wanted(classes)
        judged = _of_classes_elsewhere(classes, places)
        if not judged.any():
            places, judged = torch.arange(len(classes)), torch.ones_like(judged)
        members = [torch.nonzero(places == each)[:, 0] for each in places.unique()]
        for gamma in self.grid["gamma"]:
            mapped, _ = _mapped(values, centres, gamma * _unit(centres))
            for ridge in self.grid["ridge"]:
                scores = _without_own_group(mapped, wanted, ridge, members)
                constants = {"gamma": gamma, "ridge": ridge}
                yield constants, scores[judged].numpy(), classes[judged].numpy()

    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Solve the regression: see `Comparator.learn`."""
        values = features.double().cpu()
        centres = self._centres(values, seed)
        gamma = constants["gamma"] * _unit(centres)
        mapped, back = _mapped(values, centres, gamma)
        inverse = _regularised_inverse(mapped, constants["ridge"])
        weights = back @ (inverse @ (mapped.T @ self._wanted(targets.cpu())))
        self.keep(centres=centres.float(), weights=weights.float(), gamma=gamma.float())
        self.to(features.device)

    def scores(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return the value of the regression for each class."""
        distance = torch.cdist(features, self.centres, compute_mode="donot_use_mm_for_euclid_dist")
        return (-self.gamma * distance.square()).exp() @ self.weights

    def numbers_per_pixel(self) -> int:
        """Return the number of centres, to each of which a distance is computed."""
        return len(getattr(self, "centres", ()))

    def _centres(
        self, values: Float64[Tensor, "pixels components"], seed: int
    ) -> Float64[Tensor, "centres components"]:
        if len(values) <= self.most:
            return values
        drawn = np.random.default_rng(seed).permutation(len(values))[: self.most]
        return values[torch.from_numpy(np.sort(drawn))]

    def _wanted(self, targets: Int64[Tensor, " pixels"]) -> Float64[Tensor, "pixels classes"]:
        return one_hot(targets, self.classes).double() - 1 / self.classes


def _of_classes_elsewhere(
    targets: Int64[Tensor, " pixels"], groups: Int64[Tensor, " pixels"]
) -> Bool[Tensor, " pixels"]:
    """Return which pixels have a class that occurs in another group too."""
    pairs = torch.stack([targets, groups]).unique(dim=1)
    return torch.bincount(pairs[0])[targets] > 1


def _unit(centres: Float64[Tensor, "centres components"]) -> Float64[Tensor, ""]:
    """Return one over the median squared distance of two pixels."""
    median = nn.functional.pdist(centres).square().median()
    return 1 / median if median > 0 else torch.ones_like(median)


def _mapped(
    features: Float64[Tensor, "pixels components"],
    centres: Float64[Tensor, "centres components"],
    gamma: Float64[Tensor, ""],
) -> tuple[Float64[Tensor, "pixels rank"], Float64[Tensor, "centres rank"]]:
    """Map pixels to vectors whose inner products are the kernel.

    Returns:
        The vectors, and the matrix that maps kernels with the centres to them.
    """
    values, vectors = torch.linalg.eigh((-gamma * _squared(centres, centres)).exp())
    kept = values > SMALLEST * values[-1]
    back = vectors[:, kept] / values[kept].sqrt()
    return (-gamma * _squared(features, centres)).exp() @ back, back


def _squared(
    some: Float64[Tensor, "some components"], others: Float64[Tensor, "others components"]
) -> Float64[Tensor, "some others"]:
    return torch.cdist(some, others, compute_mode="donot_use_mm_for_euclid_dist").square()


def _regularised_inverse(
    mapped: Float64[Tensor, "pixels rank"], ridge: float
) -> Float64[Tensor, "rank rank"]:
    products = mapped.T @ mapped
    return torch.linalg.inv(products + ridge * torch.eye(len(products), dtype=products.dtype))


def _without_own_group(
    mapped: Float64[Tensor, "pixels rank"],
    wanted: Float64[Tensor, "pixels classes"],
    ridge: float,
    members: list[Tensor],
) -> Float64[Tensor, "pixels classes"]:
    """Return for each pixel the answer of a regression that was fitted without its group.

    `members` holds the numbers of the pixels of each group.

    With H = F (F'F + ridge I)^-1 F' and without the group g, the answers for g are
    Y_g - (I - H_gg)^-1 (Y_g - (H Y)_g).
    """
    inverse = mapped @ _regularised_inverse(mapped, ridge)
    error = wanted - inverse @ (mapped.T @ wanted)
    answers = torch.empty_like(wanted)
    for some in members:
        own = torch.eye(len(some), dtype=mapped.dtype) - inverse[some] @ mapped[some].T
        answers[some] = wanted[some] - torch.linalg.solve(own, error[some])
    return answers
