"""Read the user's own scene, check that its files fit together, and name its classes."""

from pathlib import Path

import numpy as np

from hsi.files import part, row_chunks
from hsi.scene.info import Scene, SceneInfo
from hsi.scene.raster import read_variable


def read_custom(
    cube: Path,
    cube_key: str | None,
    truth: Path,
    truth_key: str | None,
    unlabelled: int,
    class_names: dict[int, str] | None,
) -> Scene:
    """Read the user's own scene; its labels become classes 1, 2, ... in ascending order.

    Args:
        cube: File of the (height, width, bands) cube.
        cube_key: Its variable in a .mat file; None when only one fits.
        truth: File of the (height, width) labels, any whole numbers.
        truth_key: Its variable, likewise.
        unlabelled: The label of pixels without a class.
        class_names: Names of some or all labels; others are called `class LABEL`.

    Raises:
        ValueError: If a file is unreadable, truth does not fit the cube, values are not finite,
            labels are not whole numbers, or names are given for labels that do not occur.
    """
    values = read_variable(cube, cube_key, (3,), "scene.custom.cube_key")
    raster = read_variable(truth, truth_key, (2,), "scene.custom.truth_key")
    if values.shape[:2] != raster.shape:
        raise ValueError(
            f"{truth}: its {raster.shape} pixels do not fit the {values.shape[:2]} of {cube}, "
            f"whose shape {values.shape} should be (height, width, bands)"
        )
    for rows in row_chunks(values.shape[0], values.shape[1] * values.shape[2]):
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
    info = SceneInfo(
        name="custom",
        labels=labels,
        unlabelled=unlabelled,
        class_names=named,
        sensor="",
        wavelengths=None,
        false_colour=(3 * bands // 4, bands // 2, bands // 4),
        citation="",
        licence="",
    )
    return Scene(values, info.to_classes(raster), info)
