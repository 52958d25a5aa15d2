"""The form of every comparator: it classifies each pixel by the components of that pixel alone."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn
from tqdm import tqdm

from hsi.comparators.folds import Fold, folds_of
from hsi.networks.memory import LARGEST_TILE, MemoryLimits

KERNEL = 2**25  # numbers that a comparator computes at once: 128 MiB in float32
LOWEST, HIGHEST = 0.01, 100.0  # temperature
LEAST = 1e-3  # added to a share of pixels whose logarithm is taken


class Comparator(nn.Module, ABC):
    """A classifier of single pixels, whose fitted state is a `state_dict` of tensors.

    So a comparator is saved, loaded and run like a network, and loading it executes nothing.

    A subclass says which constants it may have (`grid`), how it learns with some of them, and
    which scores it then gives each class. `fit` chooses the constants by cross-validation.

    Args:
        classes: Number of outputs.
        folds: Folds of the cross-validation.
        grid: Values of each constant to choose from.

    Attributes:
        window: Side of the window that it reads, 1 pixel.
        chosen: The constants that were chosen, in the order of `grid`.
        temperature: Divisor of the scores; with it they are logarithms of probabilities.
    """

    window = 1
    chosen: Tensor
    temperature: Tensor

    def __init__(self, classes: int, folds: int, grid: Mapping[str, list[float]]) -> None:
        super().__init__()
        self.classes = classes
        self.folds = folds
        self.grid = dict(grid)
        self.keep(chosen=torch.zeros(len(grid), dtype=torch.float64), temperature=torch.ones(()))

    @abstractmethod
    def learn(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        seed: int,
    ) -> None:
        """Learn from pixels with given constants, and `keep` what `scores` needs.

        Args:
            features: Components of each pixel.
            targets: Class of each, from 0; some classes may have no pixel, at least two have.
            constants: One value for each key of the grid.
            seed: Of every random draw.
        """

    @abstractmethod
    def scores(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return a score of each class; the largest one wins."""

    @abstractmethod
    def numbers_per_pixel(self) -> int:
        """Return how many numbers `scores` computes for each pixel."""

    def keep(self, **values: Tensor) -> None:
        """Keep tensors as part of the state, on the device of the features."""
        for name, value in values.items():
            self.register_parameter(name, nn.Parameter(value, requires_grad=False))

    def forward(
        self, features: Float[Tensor, "pixels components"]
    ) -> Float[Tensor, "pixels classes"]:
        """Return unnormalised class scores, as a network does."""
        return self.scores(features) / self.temperature

    def fit(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        groups: Int64[Tensor, " pixels"],
        seed: int,
    ) -> float:
        """Fit to training pixels and return the mean cross-entropy of pixels left out, in nats.

        Constants and temperature are those with the least cross-entropy of pixels that were left
        out, whole groups at a time. A temperature changes no decision (Guo et al., ICML 2017,
        https://arxiv.org/abs/1706.04599).

        Args:
            features: Components of each training pixel.
            targets: Class of each, from 0.
            groups: What is left out together, such as the block that each pixel is in.
            seed: Of every random draw.

        Raises:
            ValueError: If the pixels are too few to be fitted to.
        """
        counts = torch.bincount(targets)
        if counts.max() < 2 or (counts > 0).sum() < 2:
            raise ValueError(
                "a comparator needs two classes and a class of two training pixels; raise "
                "split.train"
            )
        many = math.prod(map(len, self.grid.values()))
        least = math.inf
        trials = self.trials(features, targets, groups, seed)
        for constants, scores, classes in tqdm(trials, "cross-validate", many, disable=None):
            temperature, loss = calibrated(scores, classes)
            if loss < least:
                least, best, at = loss, constants, temperature
        self._take(features, targets, best, at, seed)
        return least

    def trials(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        groups: Int64[Tensor, " pixels"],
        seed: int,
    ) -> Iterator[tuple[dict[str, float], np.ndarray, np.ndarray]]:
        """Yield constants, and scores and classes of pixels that were left out with them.

        The arguments are those of `fit`. Scores are (pixels, classes), and classes (pixels).
        """
        folds = folds_of(targets, groups, self.folds, seed)
        classes = np.concatenate([targets[fold.held].cpu().numpy() for fold in folds])
        for values in product(*self.grid.values()):
            constants = dict(zip(self.grid, values, strict=True))
            scores = [self._left_out(features, targets, fold, constants, seed) for fold in folds]
            yield constants, np.concatenate(scores), classes

    def refitted(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        seed: int,
    ) -> "Comparator":
        """Return a comparator with the constants of this one, fitted to other pixels."""
        other = copy.deepcopy(self)
        constants = dict(zip(self.grid, self.chosen.tolist(), strict=True))
        other._take(features, targets, constants, self.temperature.item(), seed)
        return other

    def _left_out(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        fold: Fold,
        constants: dict[str, float],
        seed: int,
    ) -> np.ndarray:
        """Return the scores, (pixels, classes), of the pixels that a fold leaves out."""
        self.learn(features[fold.train], targets[fold.train], constants, seed)
        scores = torch.cat([self.scores(part) for part in features[fold.held].split(KERNEL >> 10)])
        return scores.double().cpu().numpy()

    def _take(
        self,
        features: Float32[Tensor, "pixels components"],
        targets: Int64[Tensor, " pixels"],
        constants: dict[str, float],
        temperature: float,
        seed: int,
    ) -> None:
        self.learn(features, targets, constants, seed)
        chosen = torch.tensor(list(constants.values()), dtype=torch.float64)
        self.keep(chosen=chosen, temperature=torch.tensor(temperature))
        self.to(features.device)

    def memory_limits(self, components: int) -> MemoryLimits:
        """Return how much of a scene the comparator may be given at once."""
        return MemoryLimits(max(2, KERNEL // max(1, self.numbers_per_pixel())), LARGEST_TILE)

    def probabilities(
        self,
        tile: Float32[Tensor, "components tile_height tile_width"],
        pixels: tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]] | None,
        at_once: int,
    ) -> Float32[Tensor, "some classes"]:
        """Return class probabilities of some pixels of a tile, or of all in reading order.

        The arguments are those of `hsi.networks.trunk_head.TrunkHead.probabilities`.
        """
        features = tile.flatten(1) if pixels is None else tile[:, pixels[0], pixels[1]]
        return torch.cat([self(part) for part in features.T.split(at_once)]).softmax(1)

    def _load_from_state_dict(
        self,
        state: dict[str, Any],
        prefix: str,
        *rest: Any,  # noqa: ANN401
    ) -> None:
        own = {name for name in state if name.startswith(prefix)}
        self.keep(**{each.removeprefix(prefix): torch.empty_like(state[each]) for each in own})
        super()._load_from_state_dict(state, prefix, *rest)


def calibrated(scores: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Return the temperature with the least cross-entropy, and that cross-entropy in nats.

    Args:
        scores: (pixels, classes) of pixels that were left out.
        targets: (pixels,) class of each, from 0.
    """
    from scipy.optimize import minimize_scalar  # half a second to import, and only `fit` needs it
    from scipy.special import log_softmax

    def cross_entropy(log_temperature: float) -> float:
        likelihood = log_softmax(scores / np.exp(log_temperature), 1)
        return -float(likelihood[np.arange(len(targets)), targets].mean())

    best = minimize_scalar(cross_entropy, bounds=np.log([LOWEST, HIGHEST]), method="bounded")
    return float(np.exp(best.x)), float(best.fun)
