"""Let a comparator learn from its own smoothed map of a scene, and smooth its new answers.

Smoothing carries labels to pixels whose spectra the comparator had taken for another class. From
these it learns what the class looks like there. The pixels to learn from are drawn from each class
of the map, without the quarter of which the map is least sure.

Sources: Scudder, IEEE Trans. Information Theory 1965, https://doi.org/10.1109/TIT.1965.1053799;
Dopido et al., TGRS 2013 (for hyperspectral scenes), https://doi.org/10.1109/TGRS.2012.2228275
"""

import numpy as np
from jaxtyping import Bool, Float32
from tqdm import tqdm

from hsi.comparators.comparator import Comparator
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.labelled import LabelledScene
from hsi.inference.smoothing import Graph, Smoothing
from hsi.scores.calibration import fit_temperature

PER_CLASS = 100  # pixels of the map to learn from, at most
SURE = 0.75  # share of the pixels of each class from which they are drawn: the surest


def self_trained(
    smoothing: Smoothing, comparator: Comparator, scene: LabelledScene, folds: int, seed: int
) -> tuple[Comparator, float]:
    """Return a comparator that has learnt from the map too, and the temperature of its answers.

    The temperature has the least cross-entropy of labels left out. In each fold all of this is done
    again without them.

    Args:
        smoothing: One that training labels anchor, with all its constants.
        comparator: A fitted one, whose own constants are kept.
        scene: The scene with its training labels.
        folds: How many folds.
        seed: Of the folds, of the draw, and of what is random in the comparator.
    """
    graph, answers, truth = scene.graph(smoothing), [], []
    cut = list(scene.folds(folds, seed))
    for rest, held in tqdm(cut, "self-training", unit="fold", disable=None):
        without = rest.refitted(comparator, rest.pixels, seed)
        taught = _taught(smoothing, without, rest, graph, seed)
        answers.append(_map(smoothing, taught, rest, graph)[held.rows, held.columns])
        truth.append(held.targets)
    temperature = fit_temperature(np.concatenate(answers), np.concatenate(truth))
    return _taught(smoothing, comparator, scene, graph, seed), temperature


def _taught(
    smoothing: Smoothing,
    comparator: Comparator,
    scene: LabelledScene,
    graph: Graph | None,
    seed: int,
) -> Comparator:
    """Return a comparator that was fitted to labels and to pixels of its smoothed map."""
    free = scene.valid & (scene.known(smoothing) == 0)
    drawn = of_map(_map(smoothing, comparator, scene, graph), free, seed)
    both = zip(vars(scene.pixels).values(), vars(drawn).values(), strict=True)
    return scene.refitted(comparator, Pixels(*map(np.concatenate, both)), seed)


def _map(
    smoothing: Smoothing, comparator: Comparator, scene: LabelledScene, graph: Graph | None
) -> Float32[np.ndarray, "height width classes"]:
    probability, known = scene.probabilities(comparator), scene.known(smoothing)
    return smoothing.smooth(probability, graph, scene.inside(smoothing), known)


def of_map(
    probability: Float32[np.ndarray, "height width classes"],
    free: Bool[np.ndarray, "height width"],
    seed: int,
) -> Pixels:
    """Draw pixels of each class of a map, as training pixels of that class.

    Args:
        probability: Class probabilities of the map.
        free: Which pixels may be drawn.
        seed: Of the draw.
    """
    classes, sure = probability.argmax(2), probability.max(2)
    generator = np.random.default_rng(seed)
    drawn = []
    for each in range(probability.shape[2]):
        members = np.flatnonzero(free & (classes == each))
        surest = members[np.argsort(-sure.ravel()[members], kind="stable")]
        kept = surest[: int(np.ceil(SURE * len(members)))]
        drawn.append(generator.permutation(kept)[:PER_CLASS])
    rows, columns = np.divmod(np.concatenate(drawn), free.shape[1])
    targets = np.repeat(np.arange(len(drawn)), [len(each) for each in drawn])
    return Pixels(rows, columns, targets, np.full(len(targets), TRAIN))
