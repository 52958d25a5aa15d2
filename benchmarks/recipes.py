"""Train as params.yaml says, in this process, on what `dvc repro` has left in data/."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from hsi.config import load_params
from hsi.files import read_array
from hsi.inference import classify
from hsi.models.build import build
from hsi.models.trunk_head import TrunkHead
from hsi.patches import pad
from hsi.pixels import TEST, TRAIN, Pixels
from hsi.split import nearest
from hsi.training import Epoch, fit
from stages.machine import precision


def scene(window: int) -> tuple[np.ndarray, Pixels]:
    """Return the cube, padded for a window, and its labelled pixels; end with a line if absent."""
    try:
        cube = read_array(Path("data/reduced/cube.npy"))
        pixels = Pixels.load(Path("data/split/pixels.npy"))
    except FileNotFoundError as error:
        sys.exit(str(error))
    if (read_array(Path("data/split/owner.npy")) != 0).any():
        sys.exit("this benchmark is about a random split: set split.method=random and `dvc repro`")
    return pad(cube, window), pixels


def train(
    padded: np.ndarray, pixels: Pixels, batching: str, window: int, device: str
) -> tuple[TrunkHead, Iterator[Epoch]]:
    """Return an untrained network and its training, by either block of params.yaml."""
    params = load_params()
    torch.manual_seed(params.train.seed)
    model = build(
        **params.model.recipe(),
        components=len(padded),
        window=window,
        classes=int(pixels.targets.max()) + 1,
    ).to(device)
    recipe = params.train.scene if batching == "scene" else params.train.windows
    own = pixels.on(TRAIN)
    data = (torch.from_numpy(each).to(device)
            for each in (padded, own.rows, own.columns, own.targets))  # fmt: skip
    how = {"batch": None, **recipe.model_dump(), "epochs": params.train.epochs}
    if batching == "windows":
        how["epochs"] = 100
    kind = precision(params.train.precision, device)
    return model, fit(model, *data, **how, precision=kind, seed=params.train.seed, resume=None)


def accuracy_on_test(model: TrunkHead, padded: np.ndarray, pixels: Pixels, turns: bool) -> float:
    """Return the overall accuracy on test pixels, in per cent."""
    own = pixels.on(TEST)
    right = sum(
        (probability.argmax(1) == own.targets[which]).sum()
        for which, probability in classify(model, padded, None, own.rows, own.columns, turns)
    )
    return 100 * float(right) / len(own.targets)


def floor_accuracy(pixels: Pixels) -> float:
    """Return what copying the nearest training label scores, in per cent."""
    names = tuple(map(str, range(int(pixels.targets.max()) + 1)))
    return 100 * nearest(pixels, names)[0]["oa"]
