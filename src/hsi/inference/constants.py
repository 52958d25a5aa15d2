"""Choose the constants of a smoothing by cross-validation inside the training labels."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64
from sklearn.metrics import log_loss
from tqdm import tqdm

from hsi.comparators.comparator import Comparator
from hsi.comparators.folds import folds_of
from hsi.cube.padded import PaddedCube, hidden_from
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.smoothing import Smoothing, image_of, known_labels, smooth_tiles, whole
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
    smoothings: list[Smoothing],
    comparator: Comparator,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    train: Pixels,
    groups: Int64[np.ndarray, " pixels"],
    folds: int,
    seed: int,
) -> list[Chosen]:
    """Choose the constants of some smoothings with the least cross-entropy of labels left out.

    In each fold the comparator is fitted again without the labels that are left out, and these
    labels anchor no smoothing.

    Args:
        smoothings: Each is chosen for itself, among its candidates.
        comparator: A fitted one, whose own constants are kept.
        cube: The padded cube.
        valid: Which pixels hold data. All take part in a smoothing that training labels anchor, and
            those that the training side may see in another.
        train: The training pixels.
        groups: What is left out together with each of them.
        folds: How many folds.
        seed: Of the folds, and of what is random in the comparator.
    """
    targets, own = torch.from_numpy(train.targets), torch.from_numpy(groups)
    where = next(comparator.parameters()).device
    features = torch.from_numpy(cube.at(train.rows, train.columns)).to(where)
    side = valid & ~hidden_from(TRAIN, cube.scene_owner)
    candidates = [smoothing.candidates() for smoothing in smoothings]
    answers: list[list[list[np.ndarray]]] = [[[] for _ in each] for each in candidates]
    held = []
    cut = folds_of(targets, own, folds, seed)
    with tqdm(total=len(cut) * sum(map(len, candidates)), desc="smoothing", disable=None) as bar:
        for fold in cut:
            learnt = comparator.refitted(features[fold.train], targets[fold.train].to(where), seed)
            some, left_out = fold.train.numpy(), fold.held.numpy()
            known = known_labels(train.some(some), valid.shape)
            base = list(classify_scene(learnt, cube, None, turns=False))
            held.append(train.targets[left_out])
            for found, tried in zip(answers, candidates, strict=True):
                for kept, smoothing in zip(found, tried, strict=True):
                    image, anchored = image_of(cube), smoothing.anchored
                    inside = valid if anchored else side
                    labels = known if anchored else np.zeros_like(known)
                    smooth = whole(smooth_tiles(iter(base), image, inside, labels, smoothing))
                    kept.append(smooth[train.rows[left_out], train.columns[left_out]])
                    bar.update()
    truth = np.concatenate(held)
    return [_best(tried, found, truth) for tried, found in zip(candidates, answers, strict=True)]


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
