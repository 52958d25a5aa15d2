"""Get the files of the scene, check them, and write them in the form that every stage reads."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hsi.config import load_params
from hsi.scene.custom import read_custom
from hsi.scene.known import KNOWN, SceneFile
from hsi.scene.published import download, find, read_known
from stages import run

BY_HAND = Path("data/scenes")
OUT = Path("data/raw")


def main() -> None:
    """Read data/scenes/, a package or the network; write data/raw/."""
    params = load_params().scene
    if params.name == "custom":
        read_custom(**dict(params.custom)).save(OUT)
        return
    known = KNOWN[params.name]
    with TemporaryDirectory() as downloads:

        def get(file: SceneFile) -> Path:
            found = find(file, BY_HAND)
            return found or download(file, Path(downloads), progress=sys.stderr.isatty())

        read_known(params.name, get(known.cube), get(known.truth)).save(OUT)


if __name__ == "__main__":
    run(main)
