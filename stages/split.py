"""Decide who trains and who tests, and what that alone is worth."""

from pathlib import Path

import numpy as np

from hsi.config import load_params
from hsi.files import write_array, write_json
from hsi.patches import EVERYONE
from hsi.pixels import Pixels
from hsi.scenes import SceneInfo, load_truth
from hsi.split import random_split, report
from stages import run

OUT = Path("data/split")


def main() -> None:
    """Read data/raw/; write data/split/ and metrics/split.json."""
    params = load_params()
    raw = Path("data/raw")
    info = SceneInfo.load(raw)
    truth = load_truth(raw, info)
    split = params.split
    sides = random_split(truth, info.class_names, split.train, split.validation, split.seed)
    pixels = Pixels.of_truth(truth, sides)

    pixels.save(OUT / "pixels.npy")
    # A random split hides nothing: each side may see every pixel of the scene.
    write_array(OUT / "owner.npy", np.full(truth.shape, EVERYONE, np.uint8))
    write_json(Path("metrics/split.json"), report(pixels, info.class_names, params.patches.window))


if __name__ == "__main__":
    run(main)
