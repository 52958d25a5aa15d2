"""Get the files of the scene, check them, and write them in the form that every stage reads."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from experiments.scene_files import SCENES, tracked
from hsi.config import Params, load_params
from hsi.files import write_json
from hsi.scene.info import Scene
from hsi.scene.known import KNOWN, SceneFile
from hsi.scene.published import convert_known, download, find, unconfirmed
from stages import run

if TYPE_CHECKING:
    from hsi.scene.custom import OwnScene

OUT = Path("data/raw")


def own_scene(params: Params) -> "OwnScene":
    """Return the user's own scene; without a truth, the masks of the split are its truth."""
    from hsi.scene.arrays import Source
    from hsi.scene.custom import OwnScene
    from hsi.scene.labels.source import LabelSource

    own, masks = params.scene.custom, params.split.file
    files = {"scene.custom.truth": (own.truth, own.truth_key, own.truth_field)}
    if own.truth is None:
        files = {
            "split.file.train": (masks.train, masks.train_key, None),
            "split.file.validation": (masks.validation, masks.validation_key, None),
            "split.file.test": (masks.test, masks.test_key, None),
        }
    return OwnScene(
        cube=Source(tracked(own.cube, "scene.custom.cube"), own.cube_key, "scene.custom.cube_key"),
        band_axis=own.band_axis,
        bands=own.bands,
        nodata=own.nodata,
        truths=[
            LabelSource(tracked(path, key), variable, field, key)
            for key, (path, variable, field) in files.items()
            if path is not None
        ],
        unlabelled=own.unlabelled,
        class_names=own.class_names,
    )


def fetch_known(name: str) -> tuple[Scene, list[str]]:
    """Write the cube of a published scene, from a file put in place by hand or from the network."""
    known = KNOWN[name]
    with TemporaryDirectory() as downloads:

        def get(file: SceneFile) -> Path:
            bar = sys.stderr.isatty()
            return find(file, SCENES) or download(file, known.home, Path(downloads), progress=bar)

        cube, truth = get(known.cube), get(known.truth)
        remarks = [unconfirmed(cube, known.cube), unconfirmed(truth, known.truth)]
        scene = convert_known(name, cube, truth, OUT)
    return scene, [remark for remark in remarks if remark]


def fetch_own(params: Params) -> tuple[Scene, list[str]]:
    """Write the cube of the user's own scene."""
    from hsi.scene.custom import convert_own, open_cube  # with all formats, a second to import

    own = own_scene(params)
    raster = open_cube(own)
    for file in raster.files:  # a header, the parts of a mosaic
        tracked(file, "scene.custom.cube")
    return convert_own(own, raster, OUT)


def main() -> None:
    """Read data/scenes/, a package or the network; write data/raw/ and metrics/fetch.json."""
    params = load_params()
    own = params.scene.name == "custom"
    scene, remarks = fetch_own(params) if own else fetch_known(params.scene.name)
    scene.save(OUT)
    write_json(Path("metrics/fetch.json"), scene.report())
    for remark in remarks:
        print(f"note: {remark}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
