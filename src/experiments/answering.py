"""How a trained model answers, as params.yaml asks for it."""

from hsi.comparators.comparator import Comparator
from hsi.config import Params
from hsi.inference.constants import choose
from hsi.inference.labelled import LabelledScene
from hsi.inference.scene import Answering
from hsi.inference.self_training import self_trained
from hsi.inference.smoothing import NoSmoothing, Smoothing, image_of, smoothing_of
from hsi.model import Model


def answering(params: Params, model: Model, scene: LabelledScene) -> tuple[Model, Answering]:
    """Return the model that answers on its own scene, and how it does.

    Where the model is a comparator, cross-validation inside the training side chooses the constants
    of a smoothing that params.yaml leaves open, and the temperature. With `inference.self_training`
    the model is another comparator, which has learnt from the smoothed map too.

    Args:
        params: How to answer.
        model: The trained model.
        scene: The scene with its training labels.
    """
    smoothing = _asked(params)
    if not params.inference.self_training:
        return model, _chosen(params, model, scene, smoothing)
    assert isinstance(model, Comparator), "the configuration demands it"
    ready = smoothing.prepared(image_of(scene.cube), scene.inside(smoothing))
    folds, seed = params.inference.folds, params.train.seed
    if len(ready.candidates()) > 1:
        ready = choose(ready, model, scene, folds, seed).smoothing
    taught, temperature = self_trained(ready, model, scene, folds, seed)
    return taught, Answering(False, ready, temperature)


def answering_elsewhere(params: Params, model: Model, scene: LabelledScene) -> Answering:
    """Return how a model answers on another scene, where no training label anchors a smoothing.

    The constants that suit anchors are too strong without any. So cross-validation chooses others,
    where the model is a comparator. The arguments are those of `answering`.
    """
    smoothing = _asked(params).unanchored()
    if isinstance(model, Comparator):
        smoothing = smoothing.unset()
    return _chosen(params, model, scene, smoothing)


def _asked(params: Params) -> Smoothing:
    name = params.inference.smoothing
    return smoothing_of(name, params.inference.settings_of(name))


def _chosen(params: Params, model: Model, scene: LabelledScene, smoothing: Smoothing) -> Answering:
    ready = smoothing.prepared(image_of(scene.cube), scene.inside(smoothing))
    # A network that was trained on one orientation cannot be averaged over four, and a window of
    # one pixel is the same in all.
    turns = params.inference.turns and params.train.recipe.augment and model.window > 1
    if isinstance(ready, NoSmoothing) or not isinstance(model, Comparator):
        return Answering(turns, ready, 1.0)
    found = choose(ready, model, scene, params.inference.folds, params.train.seed)
    return Answering(turns, found.smoothing, found.temperature)
