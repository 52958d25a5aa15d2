"""Convert the user's own scene, check that its files fit together, and name its classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int32, Real

from hsi.scene.arrays import SUFFIXES, Source, Variable, find_variable
from hsi.scene.bands import Wanted, chosen, dropped_remark, informative
from hsi.scene.convert import convert
from hsi.scene.info import Scene, SceneInfo
from hsi.scene.labels.read import read_labels
from hsi.scene.labels.source import LabelSource
from hsi.scene.names import refuse_names
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster
from hsi.scene.regions import regions_of
from hsi.scene.spectrum import false_colour_bands
from hsi.scene.valid import as_stored, find_valid

MOST_CLASSES = 65_535  # as many as a class raster of 16 bits tells apart, beside unlabelled
NODATA = "scene.custom.nodata"
NAMES = "params.yaml: scene.custom.class_names"

Number = int | float


@dataclass(frozen=True)
class OwnScene:
    """What `scene.custom` says of the user's own scene.

    Attributes:
        cube: The file of the cube, and its variable if it holds several.
        band_axis: The axis of an array that holds the bands; None to find it.
        bands: Numbers of bands, or ranges in nanometres; None for all good ones.
        nodata: Values of the cube that mean no data; None for those that the file declares.
        truths: The file of the labels; or several that together are the truth, such as the masks of
            a published split, where 0 is unlabelled too.
        unlabelled: The labels of pixels without a class; NaN always is one.
        class_names: Names of some or all labels; others have those that the file gives, or are
            called `class LABEL`.
    """

    cube: Source
    band_axis: int | None
    bands: Wanted | None
    nodata: tuple[Number, ...] | None
    truths: Sequence[LabelSource]
    unlabelled: tuple[Number, ...]
    class_names: dict[int, str] | None


@dataclass(frozen=True)
class Truth:
    """The labels of the user, before they are classes.

    Attributes:
        raster: Label of each pixel.
        labelled: Whether a pixel has one.
        names: Names of labels, as far as the file gives any.
        polygons: Number of the polygon of each labelled pixel, from 1; None of a raster.
        file: What errors call the file, or the files.
    """

    raster: Real[np.ndarray, "height width"]
    labelled: Bool[np.ndarray, "height width"]
    names: dict[int, str]
    polygons: Int32[np.ndarray, "height width"] | None
    file: str


def convert_own(own: OwnScene, raster: Raster, folder: Path) -> tuple[Scene, list[str]]:
    """Write the cube of the user's own scene, and return what belongs to it.

    Labels become classes 1, 2, ... in ascending order. Bands that the file calls bad, that are not
    wanted, that hold no data or that hold one value in all pixels are left out.

    Args:
        own: The files, and how to read them.
        raster: The cube, as `open_cube` returns it.
        folder: Where `cube.npy` is written.

    Returns:
        The scene, and remarks for the user, such as how many pixels are without data.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is unreadable, a truth does not fit the cube, a value can be no
            measurement, labels are not whole numbers, or names cannot be written or are given for
            labels that do not occur.
        OSError: If the disk has no room.
    """
    names = own.class_names or {}
    refuse_names(names, NAMES)
    truth, remarks = read_truth(own.truths, own.unlabelled, raster)
    kept, bands = chosen(raster, own.bands, "scene.custom.bands")
    try:
        stored = convert(kept, folder / "cube.npy", progress="fetch")
        useful, lost = informative(stored, own.nodata)
        if useful.numbers != stored.numbers:
            stored = convert(useful, folder / "cube.npy", progress="leave out bands")
        valid, of_pixels = find_valid(stored, own.nodata, NODATA, progress="check")
    except ValueError as error:
        raise ValueError(f"{own.cube.path}: {error}") from error
    bands |= lost
    remarks += [remark for remark in (dropped_remark(bands), *of_pixels) if remark]

    labelled = truth.labelled & valid
    missing = int((truth.labelled & ~valid).sum())
    if missing:
        remarks.append(f"{missing:,} labelled pixels are without data and are left out")
    if labelled.all():
        none = _listed(own.unlabelled)
        remarks.append(
            f"all pixels of {truth.file} are labelled, none is scene.custom.unlabelled={none}"
        )
    labels = tuple(int(label) for label in np.unique(truth.raster[labelled]).tolist())
    if not 2 <= len(labels) <= MOST_CLASSES:
        raise ValueError(
            f"{truth.file}: may have 2 to {MOST_CLASSES:,} classes beside scene.custom.unlabelled="
            f"{_listed(own.unlabelled)}, it has {len(labels):,} ({_listed(labels)})"
        )
    from_file = {label: name for label, name in truth.names.items() if label in labels}
    everyone = len(useful.numbers) == raster.file_bands
    info = SceneInfo(
        name="custom",
        labels=labels,
        unlabelled=own.unlabelled,
        nodata=(raster.nodata or None) if own.nodata is None else own.nodata,
        class_names=_named(labels, from_file, names, own.unlabelled, truth.file),
        sensor="",
        wavelengths=useful.wavelengths,
        false_colour=false_colour_bands(useful.wavelengths, len(useful.numbers)),
        citation="",
        licence="",
        bands=None if everyone else useful.numbers,
        file_bands=None if everyone else raster.file_bands,
        scale=raster.scale,
        offset=raster.offset,
        crs=raster.grid.crs,
        transform=raster.grid.transform,
    )
    classes = np.where(labelled, info.to_classes(truth.raster), np.int32(0))
    regions = regions_of(classes)
    if truth.polygons is not None:
        regions = np.where(labelled, truth.polygons, np.int32(0))
    return Scene(valid, classes, regions, info, bands), remarks


def open_cube(own: OwnScene) -> Raster:
    """Open the user's cube; the shape of a truth may tell which axis of an array holds the bands.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file cannot be read, or a truth that is an array does not fit the cube.
    """
    return open_beside(own.cube, own.band_axis, own.truths, "scene.custom.band_axis")


def open_beside(
    cube: Source, band_axis: int | None, truths: Sequence[LabelSource], setting: str
) -> Raster:
    """Open a cube whose labels may tell which axis of an array holds the bands.

    Args:
        cube: The file, and its variable if it holds several.
        band_axis: The axis of an array that holds the bands; None to find it.
        truths: Files of labels, of which those that are arrays have the pixels of the cube.
        setting: What errors call the setting of `band_axis`.
    """
    arrays = _arrays(truths)
    if not arrays:
        return open_raster(cube, band_axis, None, (), setting)
    height, width = arrays[0].shape
    return open_raster(cube, band_axis, (height, width), (), setting, str(arrays[0].path))


def _arrays(truths: Sequence[LabelSource]) -> list[Variable]:
    """Return those truths that are arrays without a place on the ground."""
    return [
        find_variable(Source(each.path, each.key, f"{each.setting}_key"), 2)
        for each in truths
        if each.path.suffix.lower() in SUFFIXES
    ]


def read_truth(
    truths: Sequence[LabelSource], unlabelled: tuple[Number, ...], raster: Raster
) -> tuple[Truth, list[str]]:
    """Read labels of any kind on the grid of a cube.

    Args:
        truths: The file; or several that together are the truth, where 0 is unlabelled too.
        unlabelled: The labels of pixels without a class; NaN always is one.
        raster: The cube.

    Returns:
        The labels, and remarks for the user.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file does not fit the cube, or holds what is no label.
    """
    grid, arrays = raster.grid, _arrays(truths)
    for each in arrays:  # before anything is read: a small file may unfold to gigabytes
        if each.shape != (grid.height, grid.width):
            raise ValueError(
                f"{each.path}: its {each.shape} pixels do not fit the "
                f"{(grid.height, grid.width)} of {raster.name}"
            )
    file = " and ".join(dict.fromkeys(str(truth.path) for truth in truths))
    unlabelled = unlabelled if len(truths) == 1 else (*unlabelled, 0)
    remarks: list[str] = []
    found = []
    waiting = iter(arrays)
    for truth in truths:
        if truth.path.suffix.lower() in SUFFIXES:
            values = next(waiting).read()
            labelled = _labelled(values, unlabelled, str(truth.path))
            found.append(Truth(values, labelled, {}, None, file))
            continue
        labels, said = read_labels(truth, grid, unlabelled)
        remarks += said
        found.append(Truth(labels.raster, labels.labelled, labels.names, labels.polygons, file))
    return (found[0] if len(found) == 1 else _united(found)), remarks


def _labelled(
    raster: Real[np.ndarray, "height width"], unlabelled: tuple[Number, ...], file: str
) -> Bool[np.ndarray, "height width"]:
    """Return which pixels have a label.

    Raises:
        ValueError: If one of the labels is not a whole number of 64 bits.
    """
    labelled = ~(np.isin(raster, as_stored(unlabelled, raster.dtype)) | np.isnan(raster))
    for value in np.unique(raster[labelled]).tolist():
        if not math.isfinite(value) or value != int(value) or not -(2**63) <= value < 2**63:
            row, column = np.argwhere(raster == value)[0]
            raise ValueError(
                f"{file}: labels should be whole numbers of at most 64 bits, {value:g} at row "
                f"{row}, column {column} (from 0) is none; if it means no label, add it to "
                "scene.custom.unlabelled"
            )
    return labelled


def _united(truths: list[Truth]) -> Truth:
    """Return one truth with the labels of several, 0 where none has any.

    Raises:
        ValueError: If two of them label a pixel differently.
    """
    file = truths[0].file
    united = np.zeros(truths[0].raster.shape, np.result_type(*(each.raster for each in truths)))
    done = np.zeros(united.shape, bool)
    names: dict[int, str] = {}
    for truth in truths:
        differs = np.argwhere(truth.labelled & done & (truth.raster != united))
        if len(differs):
            row, column = differs[0]
            raise ValueError(
                f"{file}: {len(differs):,} pixels have two labels, the first at row {row}, column "
                f"{column} (from 0)"
            )
        united[truth.labelled] = truth.raster[truth.labelled]
        done |= truth.labelled
        names |= truth.names
    return Truth(united, done, names, None, file)


def _named(
    labels: tuple[int, ...],
    from_file: dict[int, str],
    names: dict[int, str],
    unlabelled: tuple[Number, ...],
    file: str,
) -> tuple[str, ...]:
    """Return the name of each class: the user's, that of the file, or `class LABEL`.

    Raises:
        ValueError: If a name is given for a label that is none of these, or given twice, or if the
            file has a name that cannot be written.
    """
    for label in sorted(set(names) - set(labels)):
        if label in unlabelled:
            raise ValueError(
                f"{NAMES}: label {label} means unlabelled (scene.custom.unlabelled="
                f"{_listed(unlabelled)}) and is no class; remove its name, or change unlabelled"
            )
        raise ValueError(
            f"{NAMES}: no pixel of {file} has label {label}; its labels are {_listed(labels)}"
        )
    refuse_names({label: name for label, name in from_file.items() if label not in names}, file)
    known = from_file | names
    named = tuple(known.get(label, f"class {label}") for label in labels)
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ValueError(f"{NAMES}: {', '.join(twice)} is given twice")
    return named


def _listed(numbers: Sequence[Number]) -> str:
    """Return numbers with commas between, of many only the first ones."""
    return ", ".join(map(str, numbers[:20])) + (", ..." if len(numbers) > 20 else "")
