"""Train the network or fit the comparator; a training that was killed is resumed."""

from dataclasses import asdict
from pathlib import Path

import torch

from experiments import tracking
from experiments.finished import checkpoint_of, remove_stored, wait_for_dvc
from experiments.training_run import resumable, run_training
from hsi.comparators.comparator import Comparator
from hsi.config import Params, load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.files import md5, read_array, write_table
from hsi.machine import device, keep_freed_memory, precision
from hsi.model import ModelRecipe, build_model, save_model
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape
from hsi.training import checkpoint
from hsi.training.comparator import fit_comparator
from hsi.training.loop import fit
from hsi.training.samples import Samples, TrainingRecipe
from stages import run

PATCHES, SPLIT, OUT = Path("data/patches"), Path("data/split"), Path("data/model")
MODEL = OUT / "model.safetensors"


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


def main() -> None:
    """Read data/patches/ and data/split/; write data/model/."""
    params, where = load_params(), device()
    cube = PaddedCube.load(PATCHES, params.patches.window, in_memory=True)
    pixels = Pixels.load(SPLIT / "pixels.npy")
    keep_freed_memory(cube.values[0].size)
    recipe = model_recipe(params, cube.components, int(pixels.targets.max()) + 1)
    how = TrainingRecipe(
        **{"batch": None, **params.train.recipe.model_dump()},
        epochs=params.train.epochs,
        precision=precision(params.train.precision, where),
    )

    decides = {
        "model": asdict(recipe),
        "train": asdict(how),
        "seed": params.train.seed,
        "device": where,
    }
    inputs = [PATCHES / "cube.npy", PATCHES / "owner.npy", *sorted(SPLIT.glob("*.npy"))]
    code = [*Path("src/hsi").rglob("*.py"), Path("src/experiments/training_run.py")]
    key = checkpoint.fingerprint(decides, [*inputs, *sorted(code)])
    remove_stored()
    scratch = checkpoint_of(key)
    done = resumable(scratch, where)

    torch.manual_seed(params.train.seed)
    model = build_model(recipe).to(where)
    samples = Samples.of(pixels.on(TRAIN), where)
    visible = torch.from_numpy(cube.seen_by(TRAIN)).to(where)
    if isinstance(model, Comparator):
        height, width = cube.size
        inner = visible[:, cube.border :, cube.border :][:, :height, :width]
        own = pixels.on(TRAIN)
        groups = torch.from_numpy(read_array(SPLIT / "groups.npy")[own.rows, own.columns]).long()
        epochs = fit_comparator(model, inner, samples, groups, params.train.seed, done["fit"])
        total = 1
    else:
        seed = params.train.seed
        epochs = fit(model, visible, samples, how, seed=seed, resume=done["fit"])
        total = how.epochs
    with tracking.start(params, done["run"]) as log:
        history, seconds = run_training(epochs, total, done, log, scratch)
        save_model(MODEL, model, recipe)
        write_table(OUT / "history.csv", history)
        wait_for_dvc(scratch, md5(MODEL))
        log.log_curve(history)
        tags = {"model_md5": md5(MODEL), "device": where, "precision": how.precision}
        log.log(metrics={"train_seconds": seconds}, tags=tags)


if __name__ == "__main__":
    run(main)
