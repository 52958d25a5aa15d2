"""Get the files of the scene, check them, and write them in the form that every stage reads."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from experiments.scene_files import SCENES, tracked
from hsi.config import Params, load_params
from hsi.scene.custom import read_custom
from hsi.scene.known import KNOWN, SceneFile
from hsi.scene.published import download, find, read_known
from hsi.scene.raster import Source
from stages import run

OUT = Path("data/raw")


def fetch_custom(params: Params) -> None:
    """Write the user's own scene; without a file of its truth, masks of the split are its truth."""
    own, masks = params.scene.custom, params.split.file
    files = {"scene.custom.truth": (own.truth, own.truth_key)}
    if own.truth is None:
        files = {
            "split.file.train": (masks.train, masks.train_key),
            "split.file.validation": (masks.validation, masks.validation_key),
            "split.file.test": (masks.test, masks.test_key),
        }
    truths = [
        Source(tracked(path, key), variable, f"{key}_key")
        for key, (path, variable) in files.items()
        if path is not None
    ]
    cube = Source(tracked(own.cube, "scene.custom.cube"), own.cube_key, "scene.custom.cube_key")
    scene, remarks = read_custom(cube, truths, own.nodata, own.unlabelled, own.class_names)
    scene.save(OUT)
    for remark in remarks:
        print(f"note: {remark}", file=sys.stderr)


def main() -> None:
    """Read data/scenes/, a package or the network; write data/raw/."""
    params = load_params()
    if params.scene.name == "custom":
        fetch_custom(params)
        return
    known = KNOWN[params.scene.name]
    with TemporaryDirectory() as downloads:

        def get(file: SceneFile) -> Path:
            found = find(file, SCENES)
            return found or download(file, Path(downloads), progress=sys.stderr.isatty())

        read_known(params.scene.name, get(known.cube), get(known.truth)).save(OUT)


if __name__ == "__main__":
    run(main)
