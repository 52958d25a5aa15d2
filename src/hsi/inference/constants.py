"""Choose the constants of a smoothing by cross-validation inside the training labels."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from sklearn.metrics import log_loss
from tqdm import tqdm

from hsi.comparators.comparator import Comparator
from hsi.comparators.folds import Fold, folds_of
from hsi.cube.padded import PaddedCube, hidden_from
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.smoothing import LEADING, Smoothing, known_labels, whole
from hsi.inference.tiles import classify_scene
from hsi.scores.calibration import fit_temperature, scaled


@dataclass(frozen=True)
class Chosen:
    """A smoothing with all its constants.

    Attributes:
        smoothing: The smoothing.
        temperature: What then makes its probabilities mean what they say.
    """

    smoothing: Smoothing
    temperature: float


def choose(
    smoothing: Smoothing,
    comparator: Comparator,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    train: Pixels,
    groups: Int64[np.ndarray, " pixels"],
    folds: int,
    seed: int,
) -> Chosen:
    """Choose the constants of a smoothing with the least cross-entropy of labels left out.

    In each fold the comparator is fitted again without the labels that are left out, and these
    labels anchor no smoothing. The scene is in memory as a whole.

    Args:
        smoothing: It is chosen among its candidates.
        comparator: A fitted one, whose own constants are kept.
        cube: The padded cube.
        valid: Which pixels hold data. All take part in a smoothing that training labels anchor, and
            those that the training side may see in another.
        train: The training pixels.
        groups: What is left out together with each of them.
        folds: How many folds.
        seed: Of the folds, and of what is random in the comparator.
    """
    targets = torch.from_numpy(train.targets)
    cut = folds_of(targets, torch.from_numpy(groups), folds, seed)
    truth = np.concatenate([train.targets[fold.held.numpy()] for fold in cut])
    inside = valid if smoothing.anchored else valid & ~hidden_from(TRAIN, cube.scene_owner)
    graph = smoothing.graph(cube.leading(slice(0, cube.size[0]), LEADING), inside)
    candidates = smoothing.candidates()
    answers: list[list[np.ndarray]] = [[] for _ in candidates]
    with tqdm(total=len(cut) * len(candidates), desc="smoothing", disable=None) as bar:
        without = _without_each_fold(comparator, cube, train, cut, seed)
        for fold, probability in zip(cut, without, strict=True):
            known = np.zeros(valid.shape, np.int32)
            if smoothing.anchored:
                known = known_labels(train.some(fold.train.numpy()), valid.shape)
            held = train.some(fold.held.numpy())
            for kept, candidate in zip(answers, candidates, strict=True):
                smooth = candidate.smooth(probability, graph, inside, known)
                kept.append(smooth[held.rows, held.columns])
                bar.update()
    return _best(candidates, answers, truth)


def _without_each_fold(
    comparator: Comparator, cube: PaddedCube, train: Pixels, cut: list[Fold], seed: int
) -> Iterator[Float32[np.ndarray, "height width classes"]]:
    """Yield the probabilities of the scene by a comparator that was fitted without each fold."""
    where = next(comparator.parameters()).device
    features = torch.from_numpy(cube.at(train.rows, train.columns)).to(where)
    targets = torch.from_numpy(train.targets).to(where)
    for fold in cut:
        learnt = comparator.refitted(features[fold.train], targets[fold.train], seed)
        yield whole(classify_scene(learnt, cube, None, turns=False))


def _best(
    candidates: list[Smoothing],
    answers: list[list[np.ndarray]],
    targets: Int64[np.ndarray, " pixels"],
) -> Chosen:
    found = []
    for smoothing, kept in zip(candidates, answers, strict=True):
        probability = np.concatenate(kept)
        temperature = fit_temperature(probability, targets)
        loss = log_loss(
            targets, scaled(probability, temperature), labels=np.arange(probability.shape[1])
        )
        found.append((loss, Chosen(smoothing, temperature)))
    return min(found, key=lambda each: each[0])[1]
