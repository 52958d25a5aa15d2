"""Find, download and check the published files of a known scene."""

import hashlib
import importlib.metadata
from pathlib import Path

import numpy as np
from jaxtyping import Num, Real

from hsi.files import read_array
from hsi.scene.arrays import Source, find_variable, variables
from hsi.scene.convert import convert
from hsi.scene.info import Scene, SceneInfo
from hsi.scene.known import KNOWN, KnownClass, KnownScene, SceneFile
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


def download(file: SceneFile, home: str, folder: Path, progress: bool) -> Path:
    """Download a published file from the first address that answers with the right content.

    Args:
        file: Which file.
        home: The page of its publishers.
        folder: Where to put it.
        progress: Whether to show a progress bar.

    Raises:
        ValueError: If the file has no address; or if none has it, with the reason of each; and
            where to get it and put it by hand.
    """
    if not file.urls:
        raise ValueError(
            f"{file.name} has no public address: get it from {home} and put it into data/scenes/"
        )
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
        f"{file.name} could not be downloaded; put it into data/scenes/ by hand and run again "
        f"({home}). Tried\n" + "\n".join(failures)
    )


def check(path: Path, file: SceneFile) -> None:
    """Compare a file with the published checksum; without one, look that it holds its variable.

    Raises:
        ValueError: If its content is not the published one.
    """
    if path.suffix == ".mat":
        if file.digest is None:  # a web page with status 200 would pass for a file
            held, _ = variables(path)
            if file.key is not None and file.key not in held:
                raise ValueError(f"{path} has no variable {file.key!r}; it has {', '.join(held)}")
            return
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


def unconfirmed(path: Path, file: SceneFile) -> str:
    """Return in words what is not sure about a file's content; empty if its checksum is confirmed.

    Args:
        path: A file that `find` or `download` has returned.
        file: Which file it is.
    """
    if file.digest is not None or path.suffix != ".mat":
        return ""
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if file.reported is None:
        return f"{file.name} could not be checked against a second source; its sha256 is {got}"
    if got == file.reported:
        return f"{file.name} has the sha256 of the only source that reports one: {got}"
    return (
        f"{file.name} is used, but differs from the only source that reports its sha256: it is "
        f"{got}, reported is {file.reported}"
    )


def convert_known(name: str, cube: Path, truth: Path, folder: Path) -> Scene:
    """Write the cube of a published scene into a folder, and return what belongs to it.

    Args:
        name: The scene's name in `KNOWN`.
        cube: The file of its cube.
        truth: The file of its truth.
        folder: Where `cube.npy` is written.

    Raises:
        ValueError: If the files do not have the scene's shape, or not its pixels of each class.
        OSError: If the disk has no room.
    """
    known = KNOWN[name]
    values, labels = _read(known, name, cube, truth)
    info = SceneInfo(
        name=name,
        labels=tuple(each.label for each in known.classes),
        unlabelled=(0,),
        nodata=None,
        class_names=tuple(each.name for each in known.classes),
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


def _read(
    known: KnownScene, name: str, cube: Path, truth: Path
) -> tuple[Num[np.ndarray, "height width bands"], Real[np.ndarray, "height width"]]:
    """Read the arrays of a published scene, and check all that is known about them."""
    values = _array(cube, known.cube.key, known.shape, f"the cube of {name}")
    labels = _array(truth, known.truth.key, known.shape[:2], f"the truth of {name}")
    _refuse_other_classes(labels, known.classes, f"{truth} is not the truth of {name}")
    return values, labels


def _array(
    path: Path, key: str | None, shape: tuple[int, ...], what: str
) -> Real[np.ndarray, "..."]:
    setting = "scene.custom.cube_key or truth_key, with scene.name: custom"
    variable = find_variable(Source(path, key, setting), len(shape))
    if variable.shape != shape:  # before it is read: a small file may unfold to gigabytes
        raise ValueError(f"{path} is not {what}: its shape {variable.shape} should be {shape}")
    return variable.read()


def _refuse_other_classes(
    labels: Real[np.ndarray, "height width"], classes: tuple[KnownClass, ...], what: str
) -> None:
    """Refuse labels that are not those of the classes, or not as many of each."""
    values, counts = np.unique(labels, return_counts=True)
    found = dict(zip(values.tolist(), counts.tolist(), strict=True))
    found.pop(0, None)
    expected = {each.label: each.pixels for each in classes}
    for label in sorted(expected.keys() | found.keys()):
        has, should = found.get(label, 0), expected.get(label, 0)
        if has != should:
            raise ValueError(f"{what}: label {label:g} has {has:,} pixels, should have {should:,}")
