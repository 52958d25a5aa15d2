"""Decide who trains and who tests, and what that alone is worth."""

from pathlib import Path

import numpy as np

from hsi.blocks import block_split
from hsi.config import SplitFiles, load_params
from hsi.files import write_array, write_json
from hsi.patches import EVERYONE
from hsi.pixels import Pixels
from hsi.plots import write_figure
from hsi.scenes import SceneInfo, load_truth, read_array
from hsi.split import file_split, matched_split, random_split, report
from hsi.split_picture import split_picture
from stages import run

OUT = Path("data/split")


def masks(files: SplitFiles) -> dict[str, np.ndarray]:
    """Read the user's own masks, by the side they speak of."""
    places = {
        "train": (files.train, files.train_key),
        "validation": (files.validation, files.validation_key),
        "test": (files.test, files.test_key),
    }
    return {
        side: read_array(path, key, (2,))
        for side, (path, key) in places.items()
        if path is not None
    }


def main() -> None:
    """Read data/raw/, or the user's masks; write data/split/, metrics/split.json, a picture."""
    params = load_params()
    raw = Path("data/raw")
    info = SceneInfo.load(raw)
    truth = load_truth(raw, info)
    split, window = params.split, params.patches.window
    asked = truth, info.class_names, split.train, split.validation
    # Only blocks hide the sides from each other: elsewhere each may see every pixel of the scene.
    owner = np.full(truth.shape, EVERYONE, np.uint8)
    if split.method == "random":
        sides = random_split(*asked, split.seed)
    elif split.method == "file":
        sides = file_split(truth, info.labels, masks(split.file))
    elif split.method == "blocks":
        sides, owner = block_split(*asked, split.block, split.seed)
    else:
        blocks, _ = block_split(*asked, split.block, split.seed)
        sides = matched_split(truth, blocks, split.seed)
    pixels = Pixels.of_truth(truth, sides)

    pixels.save(OUT / "pixels.npy")
    write_array(OUT / "owner.npy", owner)
    content = {"method": split.method, **report(pixels, owner, info.class_names, window)}
    write_json(Path("metrics/split.json"), content)
    figure = split_picture(truth, sides, owner, content, window, info.class_names)
    write_figure(Path("metrics/plots/split.png"), figure)


if __name__ == "__main__":
    run(main)
