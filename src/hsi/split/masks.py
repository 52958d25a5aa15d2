"""Take the sides of a split from the user's own masks."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int32, Shaped, UInt8

from hsi.cube.pixels import SIDES, TRAIN
from hsi.scene.raster import read_variable
from hsi.split.request import Request, Split


def mask_split(
    request: Request,
    train: Path,
    train_key: str | None,
    validation: Path | None,
    validation_key: str | None,
    test: Path,
    test_key: str | None,
) -> Split:
    """Read the masks of `split.file`; each key names the variable of a .mat file."""
    files = {
        "train": (train, train_key),
        "validation": (validation, validation_key),
        "test": (test, test_key),
    }
    masks = {
        side: read_variable(path, key, (2,), f"split.file.{side}_key")
        for side, (path, key) in files.items()
        if path is not None
    }
    return Split.shared(sides_of_masks(request.truth, request.labels, masks))


def sides_of_masks(
    truth: Int32[np.ndarray, "height width"],
    labels: tuple[int, ...],
    masks: dict[str, Shaped[np.ndarray, "..."]],
) -> UInt8[np.ndarray, "height width"]:
    """Return the side of each pixel according to masks; pixels in no mask are on no side.

    Args:
        truth: Class of each pixel, 0 for unlabelled.
        labels: What each class is called in the user's truth file.
        masks: For `train`, `test` and perhaps `validation`, a raster of the truth's size: 0 and 1,
            or 0 and the label of each pixel that belongs to the side.

    Returns:
        The side of each pixel.

    Raises:
        ValueError: Naming the mask, if its shape is not that of the truth, if it is empty, if it
            holds an unlabelled pixel or a label that differs from the truth's, or if it shares a
            pixel with another mask; or if a class has no training pixel.
    """
    sides = np.zeros(truth.shape, np.uint8)
    own_labels = np.array([0, *labels])[truth]
    for name, mask in masks.items():
        key = f"params.yaml: split.file.{name}"
        if mask.shape != truth.shape:
            raise ValueError(f"{key}: should be {truth.shape} like the truth, it is {mask.shape}")
        inside = mask != 0
        if not inside.any():
            raise ValueError(f"{key}: has no pixel, all of it is 0")
        _refuse(inside & (truth == 0), f"{key}: has {{}} pixels without a label in the truth")
        if not np.isin(mask, (0, 1)).all():
            differs = inside & (mask != own_labels)
            _refuse(differs, f"{key}: has {{}} labels that are not the truth's", mask)
        _refuse(inside & (sides > 0), f"{key}: shares {{}} pixels with another side")
        sides[inside] = SIDES[name]
    for number, label in enumerate(labels, start=1):
        if not (sides[truth == number] == TRAIN).any():
            raise ValueError(
                f"params.yaml: split.file.train: has no pixel of label {label} of the truth"
            )
    return sides


def _refuse(
    wrong: Bool[np.ndarray, "height width"], message: str, mask: np.ndarray | None = None
) -> None:
    """Raise ValueError if any pixel is wrong, saying how many are and where the first is."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        what = "" if mask is None else f" ({mask[row, column]})"
        where = f"; the first{what} is at row {row}, column {column}, counted from 0"
        raise ValueError(message.format(wrong.sum()) + where)
