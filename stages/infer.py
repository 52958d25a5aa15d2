"""Run the trained model once over the scene, and bundle it as a classifier."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hsi.classifier import Classifier
from hsi.config import Params, load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TEST, Pixels
from hsi.files import md5, read_json, write_array
from hsi.inference.scene import infer
from hsi.machine import device, keep_freed_memory
from hsi.model import load_model
from hsi.pictures.palette import hexadecimal, palette
from hsi.reduction.projection import Projection
from hsi.scene.info import SceneInfo, load_valid
from hsi.scores.accuracy import scores
from stages import run

RAW, MODEL, OUT = Path("data/raw"), Path("data/model/model.safetensors"), Path("data/inference")


def commit() -> str:
    """Return the commit that a person works on, also in a queued experiment's copy."""
    asked = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return os.environ.get("DVC_EXP_BASELINE_REV") or done.stdout.strip() or "unknown"


def evidence(params: Params, result: dict[str, Any]) -> dict[str, Any]:
    """Return what the classifier is worth and where it comes from."""
    split = read_json(Path("metrics/split.json"))
    return {
        "scores": {name: result[name] for name in ("oa", "aa", "kappa")},
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


def main() -> None:
    """Read data/model/, patches/, split/, reduced/ and raw/; write inference/ and classifier/."""
    params = load_params()
    info = SceneInfo.load(RAW)
    model, recipe = load_model(MODEL, device())
    cube = PaddedCube.load(Path("data/patches"), params.patches.window, in_memory=False)
    pixels = Pixels.load(Path("data/split/pixels.npy"))
    keep_freed_memory(cube.values[0].size)
    # A network that was trained on one orientation cannot be averaged over eight.
    turns = params.inference.turns and params.train.recipe.augment
    found = infer(model, cube, pixels, turns, params.inference.temperature)
    found.prediction.only(load_valid(RAW)).save(OUT)
    write_array(OUT / "probability.npy", found.probability)

    tested, answers = pixels.on(TEST), found.probability[pixels.sides == TEST].argmax(1)
    classifier = Classifier(
        model=model,
        recipe=recipe,
        projection=Projection.load(Path("data/reduced/projection.npz")),
        scene=info,
        colours=tuple(hexadecimal(palette(len(info.class_names)))),
        turns=turns,
        temperature=found.temperature,
        evidence=evidence(params, scores(tested.targets, answers, info.class_names)),
    )
    classifier.save(Path("data/classifier"))


if __name__ == "__main__":
    run(main)
