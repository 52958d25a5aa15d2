"""A training that params.yaml describes, ready to run: of the scored model or the delivered one."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Int64

from experiments.finished import checkpoint_of, remove_stored
from experiments.training_run import resumable
from hsi.comparators.comparator import Comparator
from hsi.config import Params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.model import Model, ModelRecipe, build_model
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape
from hsi.training import checkpoint
from hsi.training.comparator import fit_comparator
from hsi.training.loop import Epoch, fit
from hsi.training.samples import Samples, TrainingRecipe


class Training(NamedTuple):
    """A training that is ready to run, or to be resumed.

    Attributes:
        model: The model, which the epochs train in place.
        recipe: What it was built from.
        epochs: The training, or the rest of it.
        total: Number of epochs of the whole training.
        done: The checkpoint that it resumes from.
        scratch: File for checkpoints.
    """

    model: Model
    recipe: ModelRecipe
    epochs: Iterator[Epoch]
    total: int
    done: dict[str, Any]
    scratch: Path


def training(
    params: Params,
    cube: PaddedCube,
    pixels: Pixels,
    groups: Int64[np.ndarray, " pixels"],
    inputs: list[Path],
    where: str,
) -> Training:
    """Make a training ready.

    Args:
        params: What to train, and how.
        cube: The padded cube, in memory.
        pixels: The training pixels.
        groups: What cross-validation leaves out together with each of them.
        inputs: The files that cube and pixels come from, by which a checkpoint is recognised.
        where: The device.
    """
    recipe = model_recipe(params, cube.components, int(pixels.targets.max()) + 1)
    how = TrainingRecipe(
        **{"batch": None, **params.train.recipe.model_dump()},
        epochs=params.train.epochs,
        precision=params.train.precision,
    )
    decides = {
        "model": asdict(recipe),
        "train": asdict(how),
        "seed": params.train.seed,
        "device": where,
    }
    code = [*Path("src/hsi").rglob("*.py"), Path("src/experiments/training_run.py")]
    remove_stored()
    scratch = checkpoint_of(checkpoint.fingerprint(decides, [*inputs, *sorted(code)]))
    done = resumable(scratch, where)

    seed = params.train.seed
    torch.manual_seed(seed)
    model = build_model(recipe).to(where)
    samples = Samples.of(pixels, where)
    visible = torch.from_numpy(cube.seen_by(TRAIN)).to(where)
    if isinstance(model, Comparator):
        height, width = cube.size
        inner = visible[:, cube.border :, cube.border :][:, :height, :width]
        own = torch.from_numpy(groups)
        epochs, total = fit_comparator(model, inner, samples, own, seed, done["fit"]), 1
    else:
        epochs = fit(model, visible, samples, how, seed=seed, resume=done["fit"])
        total = how.epochs
    return Training(model, recipe, epochs, total, done, scratch)


def model_recipe(params: Params, components: int, classes: int) -> ModelRecipe:
    """Return what the model is built from."""
    model = params.model
    attention = AttentionRecipe(
        model.attention,
        model.settings_of(model.attention),
        model.attention_at,
        model.attention_residual,
    )
    shape = InputShape(components, params.patches.window, classes)
    return ModelRecipe(model.name, model.settings_of(model.name), shape, attention)
