"""How a trained model answers, as params.yaml asks for it."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int64

from hsi.comparators.comparator import Comparator
from hsi.config import Params
from hsi.cube.padded import PaddedCube, hidden_from
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.constants import choose
from hsi.inference.scene import Answering
from hsi.inference.self_training import self_trained
from hsi.inference.smoothing import NoSmoothing, Smoothing, image_of, smoothing_of
from hsi.model import Model


def answering(
    params: Params,
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    groups: Int64[np.ndarray, " pixels"],
) -> Answering:
    """Return how a model answers on its own scene.

    Where the model is a comparator, cross-validation inside the training side chooses the constants
    of a smoothing that params.yaml leaves open, and the temperature.

    Args:
        params: How to answer.
        model: The trained model.
        cube: The padded cube.
        valid: Which pixels of the scene hold data.
        pixels: The training pixels.
        groups: What cross-validation leaves out together with each of them.
    """
    name = params.inference.smoothing
    smoothing = smoothing_of(name, params.inference.settings_of(name))
    inside = valid if smoothing.anchored else valid & ~hidden_from(TRAIN, cube.scene_owner)
    ready = smoothing.prepared(image_of(cube), inside)
    return _chosen(params, ready, model, cube, valid, pixels, groups)


def taught_by_its_map(
    params: Params,
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    groups: Int64[np.ndarray, " pixels"],
    how: Answering,
) -> tuple[Model, Answering]:
    """Return the model that answers on its own scene, and how it does.

    They are those that are given, or with `inference.self_training` a comparator that has learnt
    from its smoothed map.

    Args:
        params: Whether to learn from the map.
        model: The trained model.
        cube: The padded cube.
        valid: Which pixels of the scene hold data.
        pixels: The training pixels.
        groups: What cross-validation leaves out together with each of them.
        how: How the model answers by itself.
    """
    if not params.inference.self_training:
        return model, how
    assert isinstance(model, Comparator), "as the configuration demands"
    folds, seed = params.inference.folds, params.train.seed
    taught, temperature = self_trained(
        how.smoothing, model, cube, valid, pixels, groups, folds, seed
    )
    return taught, replace(how, temperature=temperature)


def answering_elsewhere(
    params: Params,
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    groups: Int64[np.ndarray, " pixels"],
) -> Answering:
    """Return how a model answers on another scene, where no training label anchors a smoothing.

    The constants that suit anchors are too strong without any. So cross-validation chooses others,
    where the model is a comparator. The arguments are those of `answering`.
    """
    name = params.inference.smoothing
    smoothing = smoothing_of(name, params.inference.settings_of(name)).unanchored()
    if isinstance(model, Comparator):
        smoothing = smoothing.unset()
    side = valid & ~hidden_from(TRAIN, cube.scene_owner)
    ready = smoothing.prepared(image_of(cube), side)
    return _chosen(params, ready, model, cube, valid, pixels, groups)


def _chosen(
    params: Params,
    smoothing: Smoothing,
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    groups: Int64[np.ndarray, " pixels"],
) -> Answering:
    # A network that was trained on one orientation cannot be averaged over eight, and a window of
    # one pixel is the same in all.
    turns = params.inference.turns and params.train.recipe.augment and model.window > 1
    if isinstance(smoothing, NoSmoothing) or not isinstance(model, Comparator):
        return Answering(turns, smoothing, 1.0)
    folds, seed = params.inference.folds, params.train.seed
    found = choose(smoothing, model, cube, valid, pixels, groups, folds, seed)
    return Answering(turns, found.smoothing, found.temperature)
