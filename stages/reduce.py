"""Reduce hundreds of bands to a few components."""

import sys
from pathlib import Path

import numpy as np

from hsi.choices import REDUCTIONS
from hsi.config import load_params
from hsi.cube.pixels import TRAIN, Pixels
from hsi.files import read_array, write_json
from hsi.reduction.projection import write_reduced
from hsi.scene.info import load_cube, load_valid
from stages import run

SPLIT, OUT = Path("data/split"), Path("data/reduced")


def fitted_on(which: str, size: tuple[int, ...]) -> np.ndarray:
    """Return which pixels of the scene the reduction is fitted on."""
    owner = read_array(SPLIT / "owner.npy")
    chosen = np.ones(size, bool)
    if which == "train":
        chosen = owner == TRAIN
        if not chosen.any():  # the sides share the scene
            train = Pixels.load(SPLIT / "pixels.npy").on(TRAIN)
            chosen[train.rows, train.columns] = True
    elif owner.any():
        print(
            "warning: with reduce.fit_on=scene the reduction sees spectra that split.method hides; "
            "with reduce.fit_on=train it does not",
            file=sys.stderr,
        )
    return chosen


def main() -> None:
    """Read data/raw/ and data/split/; write data/reduced/ and metrics/reduce.json."""
    params = load_params().reduce
    cube = load_cube(Path("data/raw"))
    valid = load_valid(Path("data/raw"))
    chosen = fitted_on(params.fit_on, cube.shape[:2]) & valid
    fit = REDUCTIONS[params.method].load()
    settings = params.settings_of(params.method)
    projection, facts = fit(cube, chosen, params.components, params.normalise, **settings)

    projection.save(OUT / "projection.npz")
    write_reduced(OUT / "cube.npy", cube, valid, projection)
    write_json(Path("metrics/reduce.json"), {"components": params.components, **facts})


if __name__ == "__main__":
    run(main)
