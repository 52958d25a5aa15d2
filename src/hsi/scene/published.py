"""Find, download and check the published files of a known scene."""

import hashlib
import importlib.metadata
from pathlib import Path

import numpy as np

from hsi.files import read_array
from hsi.scene.arrays import Source, find_variable
from hsi.scene.convert import convert
from hsi.scene.info import Scene, SceneInfo
from hsi.scene.known import KNOWN, SceneFile
from hsi.scene.raster import Raster
from hsi.scene.regions import regions_of


def find(file: SceneFile, by_hand: Path) -> Path | None:
    """Return the path of a published file that is in a folder or in an installed package.

    Args:
        file: Which file.
        by_hand: The folder into which the user may have put it.

    Raises:
        ValueError: If a file of that name is there and is not the published one.
    """
    for suffix in (".mat", ".npy") if file.array_sha256 else (".mat",):
        path = (by_hand / file.name).with_suffix(suffix)
        if path.is_file():
            check(path, file)
            return path
    if file.packaged is not None:
        distribution, _, _ = file.packaged.partition("/")
        path = Path(str(importlib.metadata.distribution(distribution).locate_file(file.packaged)))
        if path.is_file():
            check(path, file)
            return path
    return None


def download(file: SceneFile, folder: Path, progress: bool) -> Path:
    """Download a published file from the first address that answers with the right content.

    Args:
        file: Which file.
        folder: Where to put it.
        progress: Whether to show a progress bar.

    Raises:
        ValueError: If no address has it, with the reason of each, and where to put it by hand.
    """
    import pooch  # its import takes a quarter of a second, and most runs need no download

    pooch.get_logger().setLevel("WARNING")
    failures = []
    for url in file.urls:
        shelf = pooch.create(
            path=folder,
            base_url="",
            registry={file.name: None},
            urls={file.name: url},
            retry_if_failed=2,
        )
        downloader = pooch.HTTPDownloader(progressbar=progress, timeout=30)
        try:
            path = Path(shelf.fetch(file.name, downloader=downloader))
            check(path, file)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            (folder / file.name).unlink(missing_ok=True)
            failures.append(f"  {url}: {' '.join(str(error).split())[:160]}")
        else:
            return path
    raise ValueError(
        f"{file.name} could not be downloaded; put it into data/scenes/ by hand and run again. "
        "Tried\n" + "\n".join(failures)
    )


def check(path: Path, file: SceneFile) -> None:
    """Compare a file with the published checksum.

    Raises:
        ValueError: If its content is not the published one.
    """
    if path.suffix == ".mat":
        kind, _, wanted = file.digest.partition(":")
        content = path.read_bytes()
        if kind == "git":
            got = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        else:
            got = hashlib.sha256(content).hexdigest()
    else:
        kind, wanted = "array sha256", str(file.array_sha256)
        got = hashlib.sha256(read_array(path).tobytes()).hexdigest()
    if got != wanted:
        raise ValueError(
            f"{path} is not the published {file.name}: its {kind} is {got}, should be {wanted}; "
            "delete it and run again"
        )


def convert_known(name: str, cube: Path, truth: Path, folder: Path) -> Scene:
    """Write the cube of a published scene into a folder, and return what belongs to it."""
    known = KNOWN[name]
    values = find_variable(Source(cube, known.cube.key, "its name"), 3).read()
    labels = find_variable(Source(truth, known.truth.key, "its name"), 2).read()
    info = SceneInfo(
        name=name,
        labels=tuple(range(1, len(known.class_names) + 1)),
        unlabelled=(0,),
        nodata=None,
        class_names=known.class_names,
        sensor=known.sensor,
        wavelengths=known.wavelengths,
        false_colour=known.false_colour,
        citation=known.citation,
        licence=known.licence,
    )
    convert(Raster.of_array(values), folder / "cube.npy", progress="fetch")
    valid = np.ones(labels.shape, bool)
    classes = info.to_classes(labels)
    return Scene(valid, classes, regions_of(classes), info, {"in_file": values.shape[2]})
