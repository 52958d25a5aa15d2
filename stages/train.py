"""Train the network or fit the comparator; a training that was killed is resumed."""

import sys
from pathlib import Path

from experiments import tracking
from experiments.finished import wait_for_dvc
from experiments.training import training
from experiments.training_run import run_training
from hsi.config import load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels, groups_of
from hsi.files import md5, write_table
from hsi.machine import device, has_instructions_for, keep_freed_memory
from hsi.model import save_model
from stages import run

PATCHES, SPLIT, OUT = Path("data/patches"), Path("data/split"), Path("data/model")
MODEL = OUT / "model.safetensors"


def main() -> None:
    """Read data/patches/ and data/split/; write data/model/."""
    params, where = load_params(), device()
    if not has_instructions_for(params.train.precision, where):
        print(
            f"warning: this {where} has no instructions for {params.train.precision} and is "
            "slower with it than with train.precision=float32",
            file=sys.stderr,
        )
    cube = PaddedCube.load(PATCHES, params.patches.window, in_memory=True)
    pixels = Pixels.load(SPLIT / "pixels.npy").on(TRAIN)
    groups = groups_of(SPLIT / "groups.npy", pixels)
    keep_freed_memory(cube.values[0].size)

    inputs = [PATCHES / "cube.npy", PATCHES / "owner.npy", *sorted(SPLIT.glob("*.npy"))]
    ready = training(params, cube, pixels, groups, inputs, where)
    with tracking.start(params, ready.done["run"]) as log:
        history, seconds = run_training(ready.epochs, ready.total, ready.done, log, ready.scratch)
        save_model(MODEL, ready.model, ready.recipe)
        write_table(OUT / "history.csv", history)
        wait_for_dvc(ready.scratch, md5(MODEL))
        log.log_curve(history)
        tags = {"model_md5": md5(MODEL), "device": where, "precision": params.train.precision}
        log.log(metrics={"train_seconds": seconds}, tags=tags)


if __name__ == "__main__":
    run(main)
