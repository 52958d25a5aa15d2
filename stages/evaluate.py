"""Score the network on test pixels, beside what the split alone is worth."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hsi.calibration import calibration, coverage, fit_temperature, reliability, scaled
from hsi.config import load_params
from hsi.files import read_array, write_array, write_json, write_table
from hsi.inference import classify
from hsi.metrics import confusion, scores
from hsi.models.build import load
from hsi.patches import hidden_from
from hsi.pixels import TEST, VALIDATION, Pixels
from hsi.plots import calibration_picture, confusion_picture, per_class_picture, write_figure
from hsi.scenes import SceneInfo
from hsi.split import leak_warning
from stages import run, tracking
from stages.machine import device, keep_freed_memory

MODEL, HISTORY = Path("data/model/model.pt"), Path("data/model/history.csv")
OUT, PLOTS = Path("data/evaluation"), Path("metrics/plots")


def write_plots(
    targets: np.ndarray, probability: np.ndarray, result: dict[str, Any], names: tuple[str, ...]
) -> None:
    """Write what metrics/plots/ shows of the answers on test pixels."""
    matrix, per_class = confusion(targets, probability.argmax(1), len(names)), result["per_class"]
    write_table(
        PLOTS / "confusion.csv",
        [
            {"actual": names[row], "predicted": names[column], "pixels": int(matrix[row, column])}
            for row in range(len(names))
            for column in range(len(names))
        ],
    )
    write_table(PLOTS / "per_class.csv", [{"class": k, **v} for k, v in per_class.items()])
    write_figure(PLOTS / "confusion.png", confusion_picture(matrix, names))
    recall, support = ([each[key] for each in per_class.values()] for key in ("recall", "support"))
    write_figure(PLOTS / "per_class.png", per_class_picture(recall, support, names))
    bins, curve = reliability(probability, targets), coverage(probability, targets)
    write_table(PLOTS / "reliability.csv", bins)
    write_table(PLOTS / "coverage.csv", curve)
    figure = calibration_picture(bins, curve, result["ece"], result["brier"])
    write_figure(PLOTS / "calibration.png", figure)


def main() -> None:
    """Read data/model/, data/patches/ and data/split/; write metrics/evaluate.json and pictures."""
    params = load_params()
    names = SceneInfo.load(Path("data/raw")).class_names
    pixels = Pixels.load(Path("data/split/pixels.npy"))
    padded = read_array(Path("data/patches/cube.npy"), in_memory=False)
    keep_freed_memory(padded[0].size)
    owner = read_array(Path("data/patches/owner.npy"))
    model = load(MODEL, device())
    # A network that was trained on one orientation only cannot be asked about eight.
    turns = params.inference.turns and params.train.recipe().augment

    def answers(side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return true classes and probabilities of one side's pixels, as that side sees them."""
        own, hidden = pixels.on(side), hidden_from(side, owner)
        probability = np.empty((len(own.targets), len(names)), np.float32)
        with tqdm(total=len(probability), desc="evaluate", unit="pixel", disable=None) as bar:
            for which, part in classify(model, padded, hidden, own.rows, own.columns, turns):
                probability[which] = part
                bar.update(len(which))
        return own.targets, probability

    validated = {}
    temperature = 1.0
    if (pixels.sides == VALIDATION).any():
        known, probability = answers(VALIDATION)
        if params.inference.temperature:
            temperature = fit_temperature(probability, known)
        chosen_by = scores(known, probability.argmax(1), names)
        validated = {f"validation_{key}": chosen_by[key] for key in ("oa", "aa", "kappa")}
    targets, probability = answers(TEST)
    probability = scaled(probability, temperature)
    write_array(OUT / "probability.npy", probability)  # in the pixel table's order
    write_json(OUT / "temperature.json", {"temperature": temperature})
    predicted = probability.argmax(1)
    result = scores(targets, predicted, names)
    per_class = result.pop("per_class")
    result |= validated
    result |= {**calibration(probability, targets), "temperature": temperature}
    split = json.loads(Path("metrics/split.json").read_text())
    floor, leak = split["floor"], split["test_inside_training_windows"]
    result |= {f"floor_{key}": value for key, value in floor.items()}
    result["gain_over_floor"] = result["oa"] - floor["oa"]
    result["parameters"] = sum(each.numel() for each in model.parameters())
    write_json(Path("metrics/evaluate.json"), {**result, "per_class": per_class})

    write_plots(targets, probability, {**result, "per_class": per_class}, names)
    line = "OA {oa:.2%}   AA {aa:.2%}   kappa {kappa:.4f}".format
    print(f"network  {line(**result)}   on {len(predicted):,} test pixels")
    print(f"floor    {line(**floor)}   the nearest training pixel's label, without one spectrum")
    warning = leak_warning(split["method"], leak)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    log = tracking.of_model(params, MODEL, HISTORY)
    recalls = {f"recall/{name}": each["recall"] for name, each in per_class.items()}
    numbers = {key: value for key, value in (result | recalls).items() if value is not None}
    log.log({**numbers, "test_inside_training_windows": leak}, tags={"leak": warning or "none"})
    pictures = ("split.png", "confusion.png", "per_class.png", "calibration.png", "confusion.csv")
    log.log_files([Path("metrics/evaluate.json"), *(PLOTS / name for name in pictures)])


if __name__ == "__main__":
    run(main)
