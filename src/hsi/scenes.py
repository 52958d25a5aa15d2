"""Get a scene's files, check them, and read them as one `Scene`."""

import hashlib
import importlib.metadata
import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from jaxtyping import Int32, Num

from hsi.files import blocks, copy, part, write_json
from hsi.known_scenes import KNOWN, SceneFile


@dataclass(frozen=True)
class SceneInfo:
    """What is known of a scene beside its two arrays; `scene.json` beside the raw files.

    Attributes:
        name: One of `hsi.known_scenes.KNOWN`, or `custom`.
        cube: Name of the cube's file in that folder.
        cube_key: Its variable in a .mat file; None when only one fits, or for .npy.
        truth: Name of the truth's file.
        truth_key: Likewise.
        labels: The file's own label of each class from 1; with `unlabelled` the way back from
            classes.
        unlabelled: The file's own label for none.
        class_names: Name of each class, from 1.
        sensor: Instrument, ground sample distance and date; empty if unknown.
        wavelengths: (bands,) band centres in nanometres; None if unknown.
        false_colour: Three bands, from 0, to show as red, green and blue.
        citation: Whom to cite; empty if unknown.
        licence: Terms of use; empty if unknown.
    """

    name: str
    cube: str
    cube_key: str | None
    truth: str
    truth_key: str | None
    labels: tuple[int, ...]
    unlabelled: int
    class_names: tuple[str, ...]
    sensor: str
    wavelengths: tuple[float, ...] | None
    false_colour: tuple[int, int, int]
    citation: str
    licence: str

    @classmethod
    def load(cls, raw: Path) -> "SceneInfo":
        """Read `scene.json` of a folder that `keep` has filled."""
        content: dict[str, Any] = json.loads((raw / "scene.json").read_text())
        lists = {key: tuple(value) for key, value in content.items() if isinstance(value, list)}
        return cls(**(content | lists))


def find(file: SceneFile, by_hand: Path) -> Path | None:
    """Return where a published file already is: put by hand into a folder, or inside a package.

    Raises:
        ValueError: If a file is there and is not the published one.
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
    """Download a published file from the first of its homes that answers with the right content.

    Args:
        file: Which.
        folder: Where to put it.
        progress: Whether to show a bar.

    Raises:
        ValueError: If no home has it, with each one's reason, and where to put it by hand.
    """
    import pooch  # it costs a quarter of a second that a scene on disk need not pay

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
    """Hold a file against what was published.

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
        got = hashlib.sha256(read_array(path, None, (2, 3)).tobytes()).hexdigest()
    if got != wanted:
        raise ValueError(
            f"{path} is not the published {file.name}: its {kind} is {got}, should be {wanted}; "
            "delete it and run again"
        )


def read_array(path: Path, key: str | None, dimensions: tuple[int, ...]) -> Num[np.ndarray, "..."]:
    """Read one numeric array from a .mat (v5 to v7) or .npy file, without executing what it holds.

    Args:
        path: The file.
        key: The variable of a .mat file; None to take the only one that fits.
        dimensions: How many axes it may have.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, lacks the variable, or holds several or none that fit.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        if path.suffix == ".npy":
            arrays = {"": np.load(path, "r", allow_pickle=False)}
        elif path.suffix == ".mat":
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # scipy only warns of some broken variables
                arrays = scipy.io.loadmat(path, variable_names=[key] if key else None)
        else:
            raise ValueError("only .mat and .npy files are read")
    except NotImplementedError as error:
        raise ValueError(
            f"{path} is MATLAB v7.3 (HDF5); save it with `save(..., '-v7')`"
        ) from error
    except Exception as error:  # scipy and numpy raise a dozen kinds for a broken file
        raise ValueError(f"{path} cannot be read: {error or 'it is truncated'}") from error
    arrays = {name: array for name, array in arrays.items() if not name.startswith("__")}
    if key and key not in arrays and path.suffix == ".mat":
        there = ", ".join(name for name, *_ in scipy.io.whosmat(path))
        raise ValueError(f"{path} has no variable {key!r}; it has {there}")
    fitting = {
        name: array
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.dtype.kind in "buif" and array.ndim in dimensions
    }
    if len(fitting) != 1:
        axes = " or ".join(map(str, dimensions))
        there = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"{path} should hold one numeric array of {axes} axes, it has {len(fitting)} ({there})"
            + ("; name one in params.yaml: scene.custom" if len(fitting) > 1 else "")
        )
    return next(iter(fitting.values()))


def describe_known(name: str, cube: Path, truth: Path) -> SceneInfo:
    """Describe a published scene whose two files lie at `cube` and `truth`."""
    known = KNOWN[name]
    return SceneInfo(
        name=name,
        cube="cube" + cube.suffix,
        cube_key=known.cube.key,
        truth="truth" + truth.suffix,
        truth_key=known.truth.key,
        labels=tuple(range(1, len(known.class_names) + 1)),
        unlabelled=0,
        class_names=known.class_names,
        sensor=known.sensor,
        wavelengths=known.wavelengths,
        false_colour=known.false_colour,
        citation=known.citation,
        licence=known.licence,
    )


def describe_custom(
    cube: Path,
    cube_key: str | None,
    truth: Path,
    truth_key: str | None,
    unlabelled: int,
    class_names: dict[int, str] | None,
) -> SceneInfo:
    """Describe the user's own scene: its labels become classes 1, 2, ... in ascending order.

    Raises:
        ValueError: If a file is unreadable, truth does not fit the cube, values are not finite,
            labels are not whole numbers, or names are given for labels that do not occur.
    """
    values = read_array(cube, cube_key, (3,))
    raster = read_array(truth, truth_key, (2,))
    if values.shape[:2] != raster.shape:
        raise ValueError(
            f"{truth}: its {raster.shape} pixels do not fit the {values.shape[:2]} of {cube}, "
            f"whose shape {values.shape} should be (height, width, bands)"
        )
    for rows in blocks(values.shape[0], values.shape[1] * values.shape[2]):
        bad = np.argwhere(~np.isfinite(part(values, rows)))
        if len(bad):
            row, column, band = bad[0] + [rows.start, 0, 0]
            raise ValueError(
                f"{cube}: there are values that are not finite, the first at row {row}, column "
                f"{column}, band {band} (from 0); replace them"
            )
    if not np.isfinite(raster).all() or (raster != np.round(raster)).any():
        raise ValueError(f"{truth}: labels should be whole numbers")
    labels = tuple(int(label) for label in np.unique(raster) if label != unlabelled)
    if len(labels) < 2:
        raise ValueError(
            f"{truth}: at least 2 classes are needed beside scene.custom.unlabelled={unlabelled}, "
            f"it has {len(labels)} ({', '.join(map(str, labels))})"
        )
    names = class_names or {}
    unknown = sorted(set(names) - set(labels))
    if unknown:
        raise ValueError(
            f"params.yaml: scene.custom.class_names: no pixel of {truth} has label "
            f"{', '.join(map(str, unknown))}; its labels are {', '.join(map(str, labels))}"
        )
    named = tuple(names.get(label, f"class {label}") for label in labels)
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ValueError(
            f"params.yaml: scene.custom.class_names: {', '.join(twice)} is given twice"
        )
    bands = values.shape[2]
    return SceneInfo(
        name="custom",
        cube="cube" + cube.suffix,
        cube_key=cube_key,
        truth="truth" + truth.suffix,
        truth_key=truth_key,
        labels=labels,
        unlabelled=unlabelled,
        class_names=named,
        sensor="",
        wavelengths=None,
        false_colour=(3 * bands // 4, bands // 2, bands // 4),
        citation="",
        licence="",
    )


def keep(info: SceneInfo, cube: Path, truth: Path, raw: Path) -> None:
    """Put a scene's two files into the folder `raw` as they are, with `scene.json` beside them."""
    copy(cube, raw / info.cube)
    copy(truth, raw / info.truth)
    write_json(raw / "scene.json", asdict(info))


def load_cube(raw: Path, info: SceneInfo) -> Num[np.ndarray, "height width bands"]:
    """Read the cube as distributed: digital numbers, not rescaled."""
    return read_array(raw / info.cube, info.cube_key, (3,))


def load_truth(raw: Path, info: SceneInfo) -> Int32[np.ndarray, "height width"]:
    """Read the truth as classes: 0 is unlabelled, classes count from 1."""
    raster = read_array(raw / info.truth, info.truth_key, (2,))
    truth = np.zeros(raster.shape, np.int32)
    for number, label in enumerate(info.labels, start=1):
        truth[raster == label] = number
    return truth


def to_labels(
    classes: Int32[np.ndarray, "height width"], info: SceneInfo
) -> Int32[np.ndarray, "height width"]:
    """Return a raster of classes (0 unlabelled) in the labels of the scene's own truth file."""
    return np.array([info.unlabelled, *info.labels], np.int32)[classes]
