"""How a trained model answers, as params.yaml asks for it."""

import numpy as np
from jaxtyping import Bool, Int64

from hsi.comparators.comparator import Comparator
from hsi.config import Params
from hsi.cube.padded import PaddedCube, hidden_from
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.constants import choose
from hsi.inference.scene import Answering
from hsi.inference.smoothing import NoSmoothing, image_of, smoothing_of
from hsi.model import Model


def answering(
    params: Params,
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    groups: Int64[np.ndarray, " pixels"],
) -> tuple[Answering, Answering]:
    """Return how a model answers here, and how on a scene that has no training labels.

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
    # A network that was trained on one orientation cannot be averaged over eight, and a window of
    # one pixel is the same in all.
    turns = params.inference.turns and params.train.recipe.augment and model.window > 1
    name = params.inference.smoothing
    smoothing = smoothing_of(name, params.inference.settings_of(name))
    side, image = valid & ~hidden_from(TRAIN, cube.scene_owner), image_of(cube)
    here = smoothing.prepared(image, valid if smoothing.anchored else side)
    elsewhere = smoothing.unanchored().prepared(image, side)
    if isinstance(here, NoSmoothing) or not isinstance(model, Comparator):
        return Answering(turns, here, 1.0), Answering(turns, elsewhere, 1.0)
    both = list(dict.fromkeys([here, elsewhere]))
    folds, seed = params.inference.folds, params.train.seed
    chosen = choose(both, model, cube, valid, pixels, groups, folds, seed)
    found = [Answering(turns, each.smoothing, each.temperature) for each in chosen]
    return found[0], found[-1]
