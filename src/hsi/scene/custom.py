"""Read the user's own scene, check that its files fit together, and name its classes."""

import math
import unicodedata
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Real

from hsi.scene.info import Scene, SceneInfo
from hsi.scene.raster import Source, find_variable
from hsi.scene.regions import regions_of
from hsi.scene.valid import as_stored, find_valid

LONGEST_NAME = 100  # characters
MOST_CLASSES = 65_535  # as many as a class raster of 16 bits tells apart, beside unlabelled
NO_TEXT = ("Cc", "Cs", "Zl", "Zp")  # Unicode's control characters, surrogates and separators

Number = int | float


def read_custom(
    cube: Source,
    truths: Sequence[Source],
    nodata: tuple[Number, ...] | None,
    unlabelled: tuple[Number, ...],
    class_names: dict[int, str] | None,
) -> tuple[Scene, list[str]]:
    """Read the user's own scene; its labels become classes 1, 2, ... in ascending order.

    Args:
        cube: The (height, width, bands) cube.
        truths: One raster of (height, width) labels, any whole numbers; or several that together
            are the truth, such as the masks of a published split, where 0 is unlabelled too.
        nodata: Values of the cube that mean no data; None to detect them.
        unlabelled: The labels of pixels without a class; NaN always is one.
        class_names: Names of some or all labels; others are called `class LABEL`.

    Returns:
        The scene, and remarks for the user, such as how many pixels are without data.

    Raises:
        ValueError: If a file is unreadable, a truth does not fit the cube, a value can be no
            measurement, labels are not whole numbers, or names cannot be written or are given for
            labels that do not occur.
    """
    names = class_names or {}
    _refuse_names(names)
    of_cube, of_truths = find_variable(cube, 3), [find_variable(truth, 2) for truth in truths]
    shape = of_cube.shape
    if 0 in shape:
        raise ValueError(f"{cube.path}: the cube of shape {shape} is empty")
    for each in of_truths:  # before anything is read: a small file may unfold to gigabytes
        if each.shape != shape[:2]:
            raise ValueError(
                f"{each.path}: its {each.shape} pixels do not fit the {shape[:2]} of {cube.path}, "
                f"whose shape {shape} should be (height, width, bands)"
            )
    file = " and ".join(dict.fromkeys(str(truth.path) for truth in truths))
    rasters = [each.read() for each in of_truths]
    if len(rasters) > 1:
        unlabelled = (*unlabelled, 0)
        rasters = [_united(rasters, unlabelled, file)]
    [raster] = rasters
    labelled = _labelled(raster, unlabelled, file)

    values = of_cube.read()
    try:
        valid, remarks = find_valid(values, nodata, "scene.custom.nodata")
    except ValueError as error:
        raise ValueError(f"{cube.path}: {error}") from error
    lost = int((labelled & ~valid).sum())
    if lost:
        remarks.append(f"{lost:,} labelled pixels are without data and are left out")
    labelled &= valid
    if labelled.all():
        none = _listed(unlabelled)
        remarks.append(f"all pixels of {file} are labelled, none is scene.custom.unlabelled={none}")
    labels = tuple(int(label) for label in np.unique(raster[labelled]).tolist())
    if not 2 <= len(labels) <= MOST_CLASSES:
        raise ValueError(
            f"{file}: may have 2 to {MOST_CLASSES:,} classes beside scene.custom.unlabelled="
            f"{_listed(unlabelled)}, it has {len(labels):,} ({_listed(labels)})"
        )
    bands = shape[2]
    info = SceneInfo(
        name="custom",
        labels=labels,
        unlabelled=unlabelled,
        nodata=nodata,
        class_names=_named(labels, names, unlabelled, file),
        sensor="",
        wavelengths=None,
        false_colour=(3 * bands // 4, bands // 2, bands // 4),
        citation="",
        licence="",
    )
    truth = np.where(labelled, info.to_classes(raster), np.int32(0))
    return Scene(values, valid, truth, regions_of(truth), info), remarks


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


def _united(
    rasters: list[Real[np.ndarray, "height width"]], unlabelled: tuple[Number, ...], file: str
) -> Real[np.ndarray, "height width"]:
    """Return one raster with the labels of several, 0 where none has any.

    Raises:
        ValueError: If two of them label a pixel differently.
    """
    united = np.zeros(rasters[0].shape, np.result_type(*rasters))
    done = np.zeros(united.shape, bool)
    for raster in rasters:
        here = _labelled(raster, unlabelled, file)
        differs = np.argwhere(here & done & (raster != united))
        if len(differs):
            row, column = differs[0]
            raise ValueError(
                f"{file}: {len(differs):,} pixels have two labels, the first at row {row}, column "
                f"{column} (from 0)"
            )
        united[here] = raster[here]
        done |= here
    return united


def _refuse_names(names: dict[int, str]) -> None:
    """Refuse names that cannot be written into a list of names.

    Raises:
        ValueError: Naming the label and the reason.
    """
    for label, name in names.items():
        bad = [char for char in name if unicodedata.category(char) in NO_TEXT or char in "{}"]
        reason = ""
        if bad:
            reason = (
                f"may hold no {'braces' if bad[0] in '{}' else f'control character {bad[0]!r}'}"
            )
        elif not name.strip():
            reason = "may not be empty"
        elif len(name) > LONGEST_NAME:
            reason = f"may have at most {LONGEST_NAME} characters, it has {len(name):,}"
        if reason:
            raise ValueError(
                f"params.yaml: scene.custom.class_names: the name of label {label} {reason} "
                f"(got {name[:40]!r})"
            )


def _named(
    labels: tuple[int, ...], names: dict[int, str], unlabelled: tuple[Number, ...], file: str
) -> tuple[str, ...]:
    """Return the name of each class.

    Raises:
        ValueError: If a name is given for a label that is none of these, or given twice.
    """
    key = "params.yaml: scene.custom.class_names"
    for label in sorted(set(names) - set(labels)):
        if label in unlabelled:
            raise ValueError(
                f"{key}: label {label} means unlabelled (scene.custom.unlabelled="
                f"{_listed(unlabelled)}) and is no class; remove its name, or change unlabelled"
            )
        raise ValueError(
            f"{key}: no pixel of {file} has label {label}; its labels are {_listed(labels)}"
        )
    named = tuple(names.get(label, f"class {label}") for label in labels)
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ValueError(f"{key}: {', '.join(twice)} is given twice")
    return named


def _listed(numbers: Sequence[Number]) -> str:
    """Return numbers with commas between, of many only the first ones."""
    return ", ".join(map(str, numbers[:20])) + (", ..." if len(numbers) > 20 else "")
