"""Let a comparator learn from its own smoothed map of a scene, and smooth its new answers.

Smoothing carries labels to pixels whose spectra the comparator had taken for another class. From
these it learns what the class looks like there. The pixels to learn from are drawn from each class
of the map, without the quarter of which the map is least sure.

Sources: Scudder, IEEE Trans. Information Theory 1965, https://doi.org/10.1109/TIT.1965.1053799;
Dopido et al., TGRS 2013 (for hyperspectral scenes), https://doi.org/10.1109/TGRS.2012.2228275
"""

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from tqdm import tqdm

from hsi.comparators.comparator import Comparator
from hsi.comparators.folds import folds_of
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.smoothing import LEADING, Graph, Smoothing, known_labels, whole
from hsi.inference.tiles import classify_scene
from hsi.scores.calibration import fit_temperature

PER_CLASS = 100  # pixels of the map to learn from, at most
SURE = 0.75  # share of the pixels of each class from which they are drawn: the surest


def self_trained(
    smoothing: Smoothing,
    comparator: Comparator,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    train: Pixels,
    groups: Int64[np.ndarray, " pixels"],
    folds: int,
    seed: int,
) -> tuple[Comparator, float]:
    """Return a comparator that has learnt from the map too, and the temperature of its answers.

    The temperature has the least cross-entropy of labels left out, as in `constants.choose`: all of
    this is done again in each fold. The scene is in memory as a whole.

    Args:
        smoothing: One that training labels anchor, with all its constants.
        comparator: A fitted one, whose own constants are kept.
        cube: The padded cube.
        valid: Which pixels hold data.
        train: The training pixels.
        groups: What is left out together with each of them.
        folds: How many folds.
        seed: Of the folds, of the draw, and of what is random in the comparator.
    """
    graph = smoothing.graph(cube.leading(slice(0, cube.size[0]), LEADING), valid)
    cut = folds_of(torch.from_numpy(train.targets), torch.from_numpy(groups), folds, seed)
    answers, truth = [], []
    for fold in tqdm(cut, "self-training", unit="fold", disable=None):
        pixels, held = train.some(fold.train.numpy()), train.some(fold.held.numpy())
        without = _fitted(comparator, cube, pixels, seed)
        taught = _taught(smoothing, without, cube, valid, graph, pixels, seed)
        smooth = _smoothed(smoothing, taught, cube, valid, graph, pixels)
        answers.append(smooth[held.rows, held.columns])
        truth.append(held.targets)
    temperature = fit_temperature(np.concatenate(answers), np.concatenate(truth))
    return _taught(smoothing, comparator, cube, valid, graph, train, seed), temperature


def _taught(
    smoothing: Smoothing,
    comparator: Comparator,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    graph: Graph | None,
    pixels: Pixels,
    seed: int,
) -> Comparator:
    """Return a comparator that was fitted to labels and to pixels of its smoothed map."""
    smooth = _smoothed(smoothing, comparator, cube, valid, graph, pixels)
    free = valid & (known_labels(pixels, valid.shape) == 0)
    drawn = of_map(smooth, free, seed)
    both = zip(vars(pixels).values(), vars(drawn).values(), strict=True)
    return _fitted(comparator, cube, Pixels(*map(np.concatenate, both)), seed)


def _fitted(comparator: Comparator, cube: PaddedCube, pixels: Pixels, seed: int) -> Comparator:
    where = next(comparator.parameters()).device
    features = torch.from_numpy(cube.at(pixels.rows, pixels.columns)).to(where)
    return comparator.refitted(features, torch.from_numpy(pixels.targets).to(where), seed)


def _smoothed(
    smoothing: Smoothing,
    comparator: Comparator,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    graph: Graph | None,
    pixels: Pixels,
) -> Float32[np.ndarray, "height width classes"]:
    probability = whole(classify_scene(comparator, cube, None, turns=False))
    return smoothing.smooth(probability, graph, valid, known_labels(pixels, valid.shape))


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
