"""Pad the reduced cube, so that every pixel is a window's centre; say what each side may see."""

from pathlib import Path

import numpy as np

from hsi.config import load_params
from hsi.files import blocks, new_array, part, read_array, write_array
from hsi.patches import pad
from stages import run

OUT = Path("data/patches")


def main() -> None:
    """Read data/reduced/ and data/split/; write data/patches/."""
    window = load_params().patches.window
    cube = read_array(Path("data/reduced/cube.npy"), in_memory=False)
    owner = read_array(Path("data/split/owner.npy"))
    if window > min(cube.shape[1:]):
        height, width = cube.shape[1:]
        raise ValueError(
            f"params.yaml: patches.window={window} is larger than the scene of {height} x {width}"
        )
    margin, (components, height, width) = window // 2, cube.shape
    shape = (components, height + 2 * margin, width + 2 * margin)
    with new_array(OUT / "cube.npy", shape, np.float32) as put:
        for rows in blocks(height, components * width):
            block = pad(part(cube, slice(None), rows), window)
            put(rows.start + margin, block[:, margin : margin + rows.stop - rows.start])
    write_array(OUT / "owner.npy", pad(owner, window))


if __name__ == "__main__":
    run(main)
