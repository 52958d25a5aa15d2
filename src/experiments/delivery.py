"""The model that is delivered: the scored one, or one trained in the same way on all labels."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.answering import answering, answering_elsewhere
from experiments.training import training
from experiments.training_run import run_training
from hsi.choices import REDUCTIONS
from hsi.config import Params
from hsi.cube.padded import EVERYONE, PaddedCube, write_padded
from hsi.cube.pixels import TRAIN, Pixels, groups_of
from hsi.files import read_array, read_json
from hsi.inference.labelled import LabelledScene
from hsi.inference.prediction import Prediction
from hsi.inference.scene import Answering, infer
from hsi.machine import device, keep_freed_memory
from hsi.model import Model, ModelRecipe, load_model
from hsi.reduction.projection import Projection, write_reduced
from hsi.scene.info import load_cube, load_truth, load_valid

RAW, SPLIT, INFERENCE = Path("data/raw"), Path("data/split"), Path("data/inference")


class Delivery(NamedTuple):
    """A trained model with what is delivered beside it.

    Attributes:
        model: The model.
        recipe: What it was built from.
        projection: From bands to components.
        how: How it answers on other scenes.
        prediction: Its map of this scene.
        pixels: Number of labelled pixels that it was trained on.
        checkpoint: That of its training, which waits until DVC has stored the model; None if the
            training was not part of this stage.
    """

    model: Model
    recipe: ModelRecipe
    projection: Projection
    how: Answering
    prediction: Prediction
    pixels: int
    checkpoint: Path | None


def scored(params: Params) -> Delivery:
    """Return the model that was scored, with the map that it has drawn."""
    model, recipe = load_model(Path("data/model/model.safetensors"), device())
    how = Answering.from_dict(read_json(INFERENCE / "answering.json")["how"])
    pixels = Pixels.load(SPLIT / "pixels.npy").on(TRAIN)
    if how.smoothing.anchored:
        cube = PaddedCube.load(Path("data/patches"), params.patches.window, in_memory=False)
        groups = groups_of(SPLIT / "groups.npy", pixels)
        scene = LabelledScene(cube, load_valid(RAW), pixels, groups)
        how = _with_measured_temperature(params, answering_elsewhere(params, model, scene))
    projection = Projection.load(Path("data/reduced/projection.npz"))
    return Delivery(model, recipe, projection, how, Prediction.load(INFERENCE), len(pixels), None)


def _with_measured_temperature(params: Params, how: Answering) -> Answering:
    """Give it the temperature that was fitted to validation pixels, if one was."""
    if not params.inference.temperature:
        return how
    return replace(how, temperature=read_json(INFERENCE / "answering.json")["temperature"])


def all_labels() -> Pixels:
    """Return every labelled pixel, as training; the labels of the user's masks come first."""
    truth = load_truth(RAW)
    split = Pixels.load(SPLIT / "pixels.npy")
    truth[split.rows, split.columns] = split.targets + 1
    pixels = Pixels.of_truth(truth, np.where(truth > 0, TRAIN, 0).astype(np.uint8))
    return Pixels(*(each.astype(np.int64) for each in vars(pixels).values()))


def trained_on_all(params: Params, scratch: Path) -> Delivery:
    """Train on all labels as the scored model was trained on the training side.

    Args:
        params: The recipe.
        scratch: Folder for the reduced cube.
    """
    cube, valid, where = load_cube(RAW), load_valid(RAW), device()
    reduce, window = params.reduce, params.patches.window
    settings = reduce.settings_of(reduce.method)
    fit = REDUCTIONS[reduce.method].load()
    projection, _ = fit(cube, valid, reduce.components, reduce.normalise, **settings)
    write_reduced(scratch / "reduced.npy", cube, valid, projection)
    nobody = np.full(valid.shape, EVERYONE, np.uint8)
    write_padded(scratch, read_array(scratch / "reduced.npy", in_memory=False), nobody, window)

    padded = PaddedCube.load(scratch, window, in_memory=True)
    keep_freed_memory(padded.values[0].size)
    pixels = all_labels()
    groups = groups_of(SPLIT / "groups.npy", pixels)
    inputs = [scratch / "cube.npy", RAW / "truth.npy", *sorted(SPLIT.glob("*.npy"))]
    ready = training(params, padded, pixels, groups, inputs, where)
    run_training(ready.epochs, ready.total, ready.done, None, ready.scratch)
    scene = LabelledScene(padded, valid, pixels, groups)
    answerer, how = answering(params, ready.model, scene)
    how = _with_measured_temperature(params, how)
    elsewhere = how
    if how.smoothing.anchored:
        free = answering_elsewhere(params, ready.model, scene)
        elsewhere = _with_measured_temperature(params, free)
    found = infer(answerer, padded, valid, pixels, how, fit_to_validation=False)
    return Delivery(
        ready.model,
        ready.recipe,
        projection,
        elsewhere,
        found.prediction,
        len(pixels),
        ready.scratch,
    )
