"""Kernel ridge regression onto one-hot classes, with an RBF kernel.

What leaves a group of pixels out has a closed form, so that the cross-validation leaves out every
group in turn and still costs little more than one fit. With more training pixels than `most`,
pixels drawn at random are the centres of the kernel (the Nystroem approximation), and all pixels
are fitted to.

Sources: Rifkin, Yeo & Poggio, Regularized least-squares classification, 2003,
https://cbcl.mit.edu/publications/ps/rlsc.pdf; Cook & Weisberg, Residuals and Influence in
Regression, 1982, section 2.2 (groups left out), https://hdl.handle.net/11299/37076; Williams &
Seeger, NIPS 2000 (Nystroem),
https://papers.nips.cc/paper/1866-using-the-nystrom-method-to-speed-up-kernel-machines
"""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64
from torch import Tensor, nn
from torch.nn.functional import one_hot
from tqdm import tqdm

from hsi.comparators.comparator import Comparator, calibrated

SMALLEST = 1e-10  # eigenvalues of the kernel that count, as a share of the largest


class KernelRidge(Comparator):
    """Ridge regression onto classes in the feature space of an RBF kernel.

    Args:
        classes: Number of outputs.
        sharpness: Values of g to choose from; the kernel is exp(-g * d / m) of a squared distance
            d, whose median over pairs of training pixels is m.
        ridge: Values to choose from of what is added to the diagonal.
        most: Largest number of centres of the kernel.
    """

    centres: Tensor  # (centres, components)
    weights: Tensor  # (centres, classes)
    gamma: Tensor

    def __init__(self, classes: int, sharpness: list[float], ridge: list[float], most: int) -> None:
        super().__init__(classes, 0, {"sharpness": sharpness, "ridge": ridge})
        self.most = most

    def fit(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        groups: Int64[Tensor, " pixels"],
        seed: int,
    ) -> float:
        """Fit to training pixels; each group is left out in turn. See `Comparator.fit`."""
        self.refuse_too_few(targets)
        centres, wanted = self._centres(features, seed), self._wanted(targets)
        members = [torch.nonzero(groups == each)[:, 0] for each in groups.unique()]
        judged = _of_classes_elsewhere(targets, groups)
        if not judged.any():  # each class is in one group: leave out single pixels
            members, judged = list(torch.arange(len(targets))[:, None]), torch.ones_like(judged)
        many = len(self.grid["sharpness"]) * len(self.grid["ridge"])
        least = math.inf
        with tqdm(total=many, desc="cross-validate", disable=None) as bar:
            for sharpness in self.grid["sharpness"]:
                mapped, _ = _mapped(features.double(), centres, sharpness * _unit(centres))
                for ridge in self.grid["ridge"]:
                    scores = _without_own_group(mapped, wanted, ridge, members)
                    held = scores[judged].cpu().numpy(), targets[judged].cpu().numpy()
                    temperature, loss = calibrated([held])
                    if loss < least:
                        best, at, least = (sharpness, ridge), temperature, loss
                    bar.update()
        self._take(features, targets, dict(zip(self.grid, best, strict=True)), at, seed)
        return least

    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Solve the regression: see `Comparator.learn`."""
        centres = self._centres(features, seed)
        gamma = constants["sharpness"] * _unit(centres)
        mapped, back = _mapped(features.double(), centres, gamma)
        inverse = _regularised_inverse(mapped, constants["ridge"])
        weights = back @ (inverse @ (mapped.T @ self._wanted(targets)))
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
        self, features: Float32[Tensor, "pixels components"], seed: int
    ) -> Float64[Tensor, "centres components"]:
        if len(features) <= self.most:
            return features.double()
        drawn = np.random.default_rng(seed).permutation(len(features))[: self.most]
        return features[torch.from_numpy(np.sort(drawn))].double()

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
    """Return for each pixel what a regression says that its group is left out of.

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
