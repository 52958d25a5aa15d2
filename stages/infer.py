"""Run the trained model once over the scene, and bundle it as a classifier."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hsi.classifier import Classifier
from hsi.comparators.comparator import Comparator
from hsi.config import Params, load_params
from hsi.cube.padded import PaddedCube, hidden_from
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.files import md5, read_array, read_json, write_array
from hsi.inference.constants import choose
from hsi.inference.scene import Answering, infer
from hsi.inference.smoothing import NoSmoothing, image_of, smoothing_of
from hsi.machine import device, keep_freed_memory
from hsi.model import Model, load_model
from hsi.pictures.palette import hexadecimal, palette
from hsi.reduction.projection import Projection
from hsi.scene.info import SceneInfo, load_valid
from hsi.scores.accuracy import scores
from stages import run

RAW, SPLIT, OUT = Path("data/raw"), Path("data/split"), Path("data/inference")
MODEL = Path("data/model/model.safetensors")


def commit() -> str:
    """Return the commit that a person works on, also in a queued experiment's copy."""
    asked = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return os.environ.get("DVC_EXP_BASELINE_REV") or done.stdout.strip() or "unknown"


def evidence(
    params: Params, result: dict[str, Any], anchored: bool, temperature: float
) -> dict[str, Any]:
    """Return what the classifier is worth and where it comes from."""
    split = read_json(Path("metrics/split.json"))
    return {
        "scores": {name: result[name] for name in ("oa", "aa", "kappa")},
        "regime": "transductive" if anchored else "inductive",
        "temperature": temperature,
        "floor": split["floor"],
        "leak": split["test_inside_training_windows"],
        "split": split["method"],
        "split_seed": params.split.seed,
        "train_pixels": split["train"],
        "test_pixels": split["test"],
        "model_md5": md5(MODEL),
        "cube_md5": md5(RAW / "cube.npy"),
        "commit": commit(),
    }


def smoothed(
    params: Params, model: Model, cube: PaddedCube, valid: np.ndarray, train: Pixels
) -> tuple[Answering, Answering]:
    """Return how the model answers here, and how on a scene that has no training labels.

    Where the model is a comparator, cross-validation inside the training side chooses constants
    that params.yaml leaves open, and the temperature.
    """
    # A network that was trained on one orientation cannot be averaged over eight.
    turns = params.inference.turns and params.train.recipe.augment
    name = params.inference.smoothing
    smoothing = smoothing_of(name, params.inference.settings_of(name))
    side = valid & ~hidden_from(TRAIN, cube.scene_owner)
    here = smoothing.prepared(image_of(cube), side)
    elsewhere = here.unanchored()
    if isinstance(here, NoSmoothing) or not isinstance(model, Comparator):
        return Answering(turns, here, 1.0), Answering(turns, elsewhere, 1.0)
    both = list(dict.fromkeys([here, elsewhere]))
    groups = read_array(SPLIT / "groups.npy")[train.rows, train.columns].astype(np.int64)
    folds, seed = params.inference.folds, params.train.seed
    chosen = choose(both, model, cube, valid, train, groups, folds, seed)
    found = [Answering(turns, each.smoothing, each.temperature) for each in chosen]
    return found[0], found[-1]


def main() -> None:
    """Read data/model/, patches/, split/, reduced/ and raw/; write inference/ and classifier/."""
    params = load_params()
    info, valid = SceneInfo.load(RAW), load_valid(RAW)
    model, recipe = load_model(MODEL, device())
    cube = PaddedCube.load(Path("data/patches"), params.patches.window, in_memory=False)
    pixels = Pixels.load(SPLIT / "pixels.npy")
    keep_freed_memory(cube.values[0].size)
    here, elsewhere = smoothed(params, model, cube, valid, pixels.on(TRAIN))
    found = infer(model, cube, valid, pixels, here, params.inference.temperature)
    found.prediction.save(OUT)
    write_array(OUT / "probability.npy", found.probability)

    tested, answers = pixels.on(TEST), found.probability[pixels.sides == TEST].argmax(1)
    result = scores(tested.targets, answers, info.class_names)
    anchored = here.smoothing.anchored
    if params.inference.temperature or not anchored:
        elsewhere = replace(elsewhere, temperature=found.temperature)
    classifier = Classifier(
        model=model,
        recipe=recipe,
        projection=Projection.load(Path("data/reduced/projection.npz")),
        scene=info,
        colours=tuple(hexadecimal(palette(len(info.class_names)))),
        how=elsewhere,
        evidence=evidence(params, result, anchored, found.temperature),
    )
    classifier.save(Path("data/classifier"))


if __name__ == "__main__":
    run(main)
