"""Bundle what a person carries away: the classifier, and its map of the scene.

`deliver: train` delivers the model that was scored. `deliver: all` trains another one in the same
way on all labels, which knows more of the scene; the score beside it stays that of the split.
"""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from experiments import tracking
from experiments.delivery import scored, trained_on_all
from experiments.finished import wait_for_dvc
from experiments.mlflow_description import baseline
from experiments.mlflow_model import write_model
from hsi.classifier import Classifier
from hsi.config import Params, load_params
from hsi.files import md5, read_json, write_json
from hsi.pictures.palette import hexadecimal, palette
from hsi.scene.info import SceneInfo
from stages import run

MODEL, HISTORY = Path("data/model/model.safetensors"), Path("data/model/history.csv")
RAW, CLASSIFIER, OUT = Path("data/raw"), Path("data/classifier"), Path("data/delivered")


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
        "commit": baseline() or "unknown",
    }


def main() -> None:
    """Read what earlier stages wrote; write data/classifier/, data/delivered/ and a metric."""
    params, info = load_params(), SceneInfo.load(RAW)
    scratch = OUT / "scratch"
    try:
        found = trained_on_all(params, scratch) if params.deliver == "all" else scored(params)
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
