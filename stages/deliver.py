"""Bundle what a person carries away: the classifier, and its map of the scene.

`deliver: train` delivers the model that was scored. `deliver: all` trains another one in the same
way on all labels, which knows more of the scene; the score beside it stays that of the split.
"""

import os
import shutil
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments import tracking
from experiments.answering import answering
from experiments.finished import wait_for_dvc
from experiments.mlflow_model import write_model
from experiments.training import training
from experiments.training_run import run_training
from hsi.choices import REDUCTIONS
from hsi.classifier import Classifier
from hsi.config import Params, load_params
from hsi.cube.padded import EVERYONE, PaddedCube, write_padded
from hsi.cube.pixels import TRAIN, Pixels
from hsi.files import md5, read_array, read_json, write_json
from hsi.inference.prediction import Prediction
from hsi.inference.scene import Answering, infer
from hsi.machine import device, keep_freed_memory
from hsi.model import Model, ModelRecipe, load_model
from hsi.pictures.palette import hexadecimal, palette
from hsi.reduction.projection import Projection, write_reduced
from hsi.scene.info import SceneInfo, load_cube, load_truth, load_valid
from stages import run

RAW, SPLIT, INFERENCE = Path("data/raw"), Path("data/split"), Path("data/inference")
MODEL, HISTORY = Path("data/model/model.safetensors"), Path("data/model/history.csv")
CLASSIFIER, OUT = Path("data/classifier"), Path("data/delivered")


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


def scored() -> Delivery:
    """Return the model that was scored, with the map that it has drawn."""
    model, recipe = load_model(MODEL, device())
    how = Answering.from_dict(read_json(INFERENCE / "answering.json")["elsewhere"])
    projection = Projection.load(Path("data/reduced/projection.npz"))
    pixels = len(Pixels.load(SPLIT / "pixels.npy").on(TRAIN))
    return Delivery(model, recipe, projection, how, Prediction.load(INFERENCE), pixels, None)


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
    groups = read_array(SPLIT / "groups.npy")[pixels.rows, pixels.columns].astype(np.int64)
    inputs = [scratch / "cube.npy", RAW / "truth.npy", *sorted(SPLIT.glob("*.npy"))]
    ready = training(params, padded, pixels, groups, inputs, where)
    run_training(ready.epochs, ready.total, ready.done, None, ready.scratch)
    here, elsewhere = answering(params, ready.model, padded, valid, pixels, groups)
    if params.inference.temperature:  # all labels train: there is none to fit it to
        measured = read_json(INFERENCE / "answering.json")["temperature"]
        here, elsewhere = (replace(each, temperature=measured) for each in (here, elsewhere))
    found = infer(ready.model, padded, valid, pixels, here, fit_to_validation=False)
    return Delivery(
        ready.model,
        ready.recipe,
        projection,
        elsewhere,
        found.prediction,
        len(pixels),
        ready.scratch,
    )


def commit() -> str:
    """Return the commit that a person works on, also in a queued experiment's copy."""
    asked = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return os.environ.get("DVC_EXP_BASELINE_REV") or done.stdout.strip() or "unknown"


def evidence(params: Params, pixels: int) -> dict[str, Any]:
    """Return what the classifier is worth and where it comes from."""
    split = read_json(Path("metrics/split.json"))
    result = read_json(Path("metrics/evaluate.json"))
    return {
        "scores": {name: result[name] for name in ("oa", "aa", "kappa")},
        "regime": result["regime"],
        "floor": split["floor"],
        "leak": split["test_inside_training_windows"],
        "split": split["method"],
        "split_seed": params.split.seed,
        "train_pixels": split["train"],
        "test_pixels": split["test"],
        "trained_on": params.deliver,
        "delivered_pixels": pixels,
        "model_md5": md5(MODEL),
        "cube_md5": md5(RAW / "cube.npy"),
        "commit": commit(),
    }


def main() -> None:
    """Read what earlier stages wrote; write data/classifier/, data/delivered/ and a metric."""
    params, info = load_params(), SceneInfo.load(RAW)
    scratch = OUT / "scratch"
    try:
        found = trained_on_all(params, scratch) if params.deliver == "all" else scored()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    classifier = Classifier(
        model=found.model,
        recipe=found.recipe,
        projection=found.projection,
        scene=info,
        colours=tuple(hexadecimal(palette(len(info.class_names)))),
        how=found.how,
        evidence=evidence(params, found.pixels),
    )
    classifier.save(CLASSIFIER)
    found.prediction.save(OUT)
    write_json(Path("metrics/deliver.json"), {"deliver": params.deliver, "pixels": found.pixels})
    if found.checkpoint:
        wait_for_dvc(found.checkpoint, md5(CLASSIFIER / "model.safetensors"))
    log = tracking.of_model(params, MODEL, HISTORY)
    log.log_folder(partial(write_model, CLASSIFIER), CLASSIFIER.name)


if __name__ == "__main__":
    run(main)
