"""Train as params.yaml says, in this process, on what `dvc repro` has left in data/."""

import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from experiments.training import model_recipe
from hsi.config import load_params
from hsi.cube.padded import EVERYONE, PaddedCube
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.files import read_array
from hsi.inference.tiles import classify
from hsi.model import build_model
from hsi.networks.trunk_head import TrunkHead
from hsi.split.floor import nearest_label
from hsi.training.loop import Epoch, fit
from hsi.training.samples import Samples, TrainingRecipe

RAW = Path("data/raw")
CLASSIC_EPOCHS = 100  # of the published notebook, which trains on mini-batches


def load_scene(window: int) -> tuple[PaddedCube, Pixels]:
    """Return the reduced cube, padded for a window, and its labelled pixels.

    The process ends with one line if they are not there, or if the split hides pixels.
    """
    split = Path("data/split")
    try:
        cube = read_array(Path("data/reduced/cube.npy"))
        pixels, owner = Pixels.load(split / "pixels.npy"), read_array(split / "owner.npy")
    except FileNotFoundError as error:
        sys.exit(str(error))
    if (owner != EVERYONE).any():
        sys.exit("this benchmark needs a random split: set split.method=random and run `dvc repro`")
    return PaddedCube.of(cube, None, window), pixels


def train(
    cube: PaddedCube, pixels: Pixels, batching: str, device: str
) -> tuple[TrunkHead, Iterator[Epoch]]:
    """Return an untrained network and its training, by one of the two blocks of params.yaml.

    Args:
        cube: The padded cube.
        pixels: The labelled pixels.
        batching: `scene` or `windows`; the latter trains for CLASSIC_EPOCHS.
        device: Where to train.
    """
    params = load_params()
    torch.manual_seed(params.train.seed)
    network = build_model(model_recipe(params, cube.components, int(pixels.targets.max()) + 1))
    if not isinstance(network, TrunkHead):
        sys.exit(f"this benchmark needs a network: model.name={params.model.name} is a comparator")
    block = params.train.scene if batching == "scene" else params.train.windows
    recipe = TrainingRecipe(
        **{"batch": None, **block.model_dump()},
        epochs=params.train.epochs if batching == "scene" else CLASSIC_EPOCHS,
        precision=params.train.precision,
    )
    network.to(device)
    padded = torch.from_numpy(cube.values).to(device)
    samples = Samples.of(pixels.on(TRAIN), device)
    return network, fit(network, padded, samples, recipe, seed=params.train.seed, resume=None)


def accuracy_on_test(network: TrunkHead, cube: PaddedCube, pixels: Pixels, turns: bool) -> float:
    """Return the overall accuracy on test pixels, in per cent."""
    own = pixels.on(TEST)
    correct = sum(
        (probability.argmax(1) == own.targets[which]).sum()
        for which, probability in classify(network, cube, None, own.rows, own.columns, turns)
    )
    return 100 * float(correct) / len(own)


def floor_accuracy(pixels: Pixels) -> float:
    """Return the overall accuracy of copying the nearest training label, in per cent."""
    names = tuple(map(str, range(int(pixels.targets.max()) + 1)))
    return 100 * nearest_label(pixels, names)[0]["oa"]
