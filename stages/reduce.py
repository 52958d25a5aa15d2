"""Bring hundreds of bands down to a few components."""

import sys
from pathlib import Path

import numpy as np

from hsi.config import load_params
from hsi.files import blocks, new_array, part, read_array, write_json
from hsi.pixels import TRAIN, Pixels
from hsi.reduce import fit_pca
from hsi.scenes import SceneInfo, load_cube
from stages import run

OUT = Path("data/reduced")


def main() -> None:
    """Read data/raw/ and data/split/; write data/reduced/ and metrics/reduce.json."""
    params = load_params().reduce
    raw = Path("data/raw")
    cube = load_cube(raw, SceneInfo.load(raw))
    chosen = np.ones(cube.shape[:2], bool)
    owner = read_array(Path("data/split/owner.npy"))
    if params.fit_on == "train":
        chosen = owner == TRAIN
        if not chosen.any():  # the sides share the scene
            train = Pixels.load(Path("data/split/pixels.npy")).on(TRAIN)
            chosen[train.rows, train.columns] = True
    elif owner.any():
        print(
            "warning: reduce.fit_on=scene lets the reduction see spectra that split.method hides; "
            "reduce.fit_on=train does not",
            file=sys.stderr,
        )
    projection, explained = fit_pca(cube, chosen, params.components, params.whiten)

    projection.save(OUT / "projection.npz")
    height, width, bands = cube.shape
    with new_array(OUT / "cube.npy", (params.components, height, width), np.float32) as put:
        for rows in blocks(height, width * bands):
            put(rows.start, projection.apply(part(cube, rows)))
    content = {"components": len(explained), "explained_variance": float(explained.sum())}
    write_json(Path("metrics/reduce.json"), content)


if __name__ == "__main__":
    run(main)
