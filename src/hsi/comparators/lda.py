"""Linear discriminant analysis with a shrunk covariance.

scikit-learn fits it.

Source: Hastie et al., The Elements of Statistical Learning 2009, section 4.3.
https://hastie.su.domains/ElemStatLearn/
"""

import warnings

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from hsi.comparators.comparator import Comparator

NEVER = -1e4  # the score of a class without training pixels


class LDA(Comparator):
    """Linear discriminant analysis: one covariance for all classes.

    Args:
        classes: Number of outputs.
        folds: Folds of the cross-validation.
        shrinkage: Values to choose from: 0 is the covariance itself, 1 a multiple of the identity.
    """

    weights: Tensor  # (components, classes)
    intercept: Tensor  # (classes)

    def __init__(self, classes: int, folds: int, shrinkage: list[float]) -> None:
        super().__init__(classes, folds, {"shrinkage": shrinkage})

    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Fit scikit-learn's LinearDiscriminantAnalysis: see `Comparator.learn`."""
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=constants["shrinkage"])
        with warnings.catch_warnings():  # a class of one pixel adds nothing to the covariance
            warnings.filterwarnings("ignore", "Only one sample available", UserWarning)
            lda.fit(features.double().cpu().numpy(), targets.cpu().numpy())
        weights, intercept = lda.coef_.T, lda.intercept_
        if len(lda.classes_) == 2:  # scikit-learn gives the difference of the two
            weights = np.concatenate([np.zeros_like(weights), weights], 1)
            intercept = np.concatenate([[0.0], intercept])
        of_all = torch.zeros(len(weights), self.classes, dtype=torch.float64)
        at = torch.full((self.classes,), NEVER, dtype=torch.float64)
        of_all[:, lda.classes_] = torch.from_numpy(weights)
        at[lda.classes_] = torch.from_numpy(intercept)
        self.keep(weights=of_all.float(), intercept=at.float())
        self.to(features.device)

    def scores(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return the logarithm of the likelihood times the prior, up to a constant of the pixel."""
        return features @ self.weights + self.intercept

    def numbers_per_pixel(self) -> int:
        """Return the number of classes."""
        return self.classes
