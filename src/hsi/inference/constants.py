"""Choose the constants of a smoothing by cross-validation inside the training labels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from tqdm import tqdm

from hsi.comparators.comparator import Comparator
from hsi.inference.labelled import LabelledScene
from hsi.inference.smoothing import Smoothing
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
    smoothing: Smoothing, comparator: Comparator, scene: LabelledScene, folds: int, seed: int
) -> Chosen:
    """Choose the constants of a smoothing with the least cross-entropy of labels left out.

    In each fold the comparator is fitted again without the labels that are left out, and these
    labels anchor no smoothing.

    Args:
        smoothing: It is chosen among its candidates.
        comparator: A fitted one, whose own constants are kept.
        scene: The scene with its training labels.
        folds: How many folds.
        seed: Of the folds, and of what is random in the comparator.
    """
    inside, graph = scene.inside(smoothing), scene.graph(smoothing)
    candidates, cut = smoothing.candidates(), list(scene.folds(folds, seed))
    answers: list[list[np.ndarray]] = [[] for _ in candidates]
    with tqdm(total=len(cut) * len(candidates), desc="smoothing", disable=None) as bar:
        for rest, held in cut:
            learnt = rest.refitted(comparator, rest.pixels, seed)
            probability, known = rest.probabilities(learnt), rest.known(smoothing)
            for kept, candidate in zip(answers, candidates, strict=True):
                smooth = candidate.smooth(probability, graph, inside, known)
                kept.append(smooth[held.rows, held.columns])
                bar.update()
    return _best(candidates, answers, np.concatenate([held.targets for _, held in cut]))


def _best(
    candidates: list[Smoothing],
    answers: list[list[np.ndarray]],
    targets: Int64[np.ndarray, " pixels"],
) -> Chosen:
    from sklearn.metrics import log_loss  # a second to import

    found = []
    for smoothing, kept in zip(candidates, answers, strict=True):
        probability = np.concatenate(kept)
        temperature = fit_temperature(probability, targets)
        loss = log_loss(
            targets, scaled(probability, temperature), labels=np.arange(probability.shape[1])
        )
        found.append((loss, Chosen(smoothing, temperature)))
    return min(found, key=lambda each: each[0])[1]
