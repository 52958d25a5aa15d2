"""Pad the reduced cube, so that every pixel is a window's centre; say what each side may see."""

from pathlib import Path

from hsi.config import load_params
from hsi.files import read_array, write_array
from hsi.patches import pad
from stages import run

OUT = Path("data/patches")


def main() -> None:
    """Read data/reduced/ and data/split/; write data/patches/."""
    window = load_params().patches.window
    cube = read_array(Path("data/reduced/cube.npy"))
    owner = read_array(Path("data/split/owner.npy"))
    if window > min(cube.shape[1:]):
        height, width = cube.shape[1:]
        raise ValueError(
            f"params.yaml: patches.window={window} is larger than the scene of {height} x {width}"
        )
    write_array(OUT / "cube.npy", pad(cube, window))
    write_array(OUT / "owner.npy", pad(owner, window))


if __name__ == "__main__":
    run(main)
