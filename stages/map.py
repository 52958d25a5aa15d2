"""Classify every pixel of the scene, as a raster and as a picture."""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hsi import maps
from hsi.calibration import entropy, scaled
from hsi.config import load_params
from hsi.files import read_array, write_array
from hsi.inference import classify_scene
from hsi.models.build import load
from hsi.models.trunk_head import TrunkHead
from hsi.patches import EVERYONE, hidden_from
from hsi.pixels import TEST, Pixels
from hsi.plots import write_figure
from hsi.scenes import SceneInfo, load_cube, load_truth, to_labels
from stages import run, tracking
from stages.machine import device, keep_freed_memory

MODEL, HISTORY = Path("data/model/model.pt"), Path("data/model/history.csv")
RAW, OUT = Path("data/raw"), Path("data/map")
PICTURE = Path("metrics/plots/map.png")


def classify_all(
    model: TrunkHead, padded: np.ndarray, owner: np.ndarray, turns: bool, temperature: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return class, from 1, confidence and entropy of every pixel, (H, W) each.

    Where sides are hidden from each other, each pixel is what its own side makes of it: so the map
    has the errors that were scored.
    """
    margin = model.window // 2
    inner = owner[margin : len(owner) - margin, margin : owner.shape[1] - margin]
    predicted = np.empty(inner.shape, np.int32)
    confidence, doubt = np.empty(inner.shape, np.float32), np.empty(inner.shape, np.float32)
    sides = np.unique(inner)
    total = len(sides) * inner.size
    with tqdm(total=total, desc="map", unit="pixel", unit_scale=True, disable=None) as bar:
        for side in sides:
            hidden = hidden_from(side, owner) if side != EVERYONE else None
            for rows, columns, probability in classify_scene(model, padded, hidden, turns):
                own = inner[rows, columns] == side
                answers = scaled(probability[own], temperature)
                predicted[rows, columns][own] = answers.argmax(1) + 1
                confidence[rows, columns][own] = answers.max(1)
                doubt[rows, columns][own] = entropy(answers)
                bar.update(own.size)
    return predicted, confidence, doubt


def main() -> None:
    """Read data/model/, patches/, raw/ and the temperature; write data/map/ and a picture."""
    params = load_params()
    info = SceneInfo.load(RAW)
    cube, truth = load_cube(RAW, info), load_truth(RAW, info)
    model = load(MODEL, device())
    padded = read_array(Path("data/patches/cube.npy"), in_memory=False)
    keep_freed_memory(padded[0].size)
    turns = params.inference.turns and params.train.recipe().augment  # as in evaluate
    owner = read_array(Path("data/patches/owner.npy"))
    temperature = json.loads(Path("data/evaluation/temperature.json").read_text())["temperature"]
    predicted, confidence, doubt = classify_all(model, padded, owner, turns, temperature)

    maps.write_raster(OUT / "classes.hdr", predicted, info.class_names)
    write_array(OUT / "labels.npy", to_labels(predicted, info))
    write_array(OUT / "confidence.npy", confidence)
    write_array(OUT / "entropy.npy", doubt)
    tested = Pixels.load(Path("data/split/pixels.npy")).on(TEST)
    test = np.zeros(truth.shape, bool)
    test[tested.rows, tested.columns] = True
    name = info.name.replace("_", " ").title()
    title = f"{name}: {info.sensor}" if info.sensor else f"{name} scene"
    figure = maps.picture(
        cube, truth, predicted, confidence, doubt, test, info.class_names, info.false_colour, title
    )
    write_figure(PICTURE, figure)
    tracking.of_model(params, MODEL, HISTORY).log_files([PICTURE])


if __name__ == "__main__":
    run(main)
