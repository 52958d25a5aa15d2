"""Get the scene's files, checked, into data/raw/."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hsi import scenes
from hsi.config import load_params
from hsi.known_scenes import KNOWN, SceneFile
from stages import run

BY_HAND = Path("data/scenes")
RAW = Path("data/raw")


def main() -> None:
    """Read data/scenes/, a package or the network; write data/raw/."""
    params = load_params().scene
    if params.name == "custom":
        own = params.custom
        info = scenes.describe_custom(
            own.cube, own.cube_key, own.truth, own.truth_key, own.unlabelled, own.class_names
        )
        scenes.keep(info, own.cube, own.truth, RAW)
        return

    known = KNOWN[params.name]
    with TemporaryDirectory() as downloads:

        def get(file: SceneFile) -> Path:
            found = scenes.find(file, BY_HAND)
            return found or scenes.download(file, Path(downloads), progress=sys.stderr.isatty())

        cube, truth = get(known.cube), get(known.truth)
        scenes.keep(scenes.describe_known(params.name, cube, truth), cube, truth, RAW)


if __name__ == "__main__":
    run(main)
