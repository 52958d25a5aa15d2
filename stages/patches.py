"""Pad the reduced cube with zeros, so that every pixel is the centre of a window."""

from pathlib import Path

from hsi.config import load_params
from hsi.cube.padded import write_padded
from hsi.files import read_array
from stages import run


def main() -> None:
    """Read data/reduced/ and data/split/; write data/patches/."""
    window = load_params().patches.window
    cube = read_array(Path("data/reduced/cube.npy"), in_memory=False)
    owner = read_array(Path("data/split/owner.npy"))
    write_padded(Path("data/patches"), cube, owner, window)


if __name__ == "__main__":
    run(main)
