"""Take the sides of a split from the user's own masks."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Shaped

from hsi.cube.pixels import SIDES, TRAIN
from hsi.scene.arrays import Source, read_variable
from hsi.scene.regions import regions_of
from hsi.scene.valid import as_stored
from hsi.split.request import Request, Split


def mask_split(
    request: Request,
    train: Path,
    train_key: str | None,
    validation: Path | None,
    validation_key: str | None,
    test: Path,
    test_key: str | None,
    labels: str,
) -> Split:
    """Read the masks of `split.file`; each key names the variable of a .mat file.

    `labels` says what happens to labels of a mask that are not the truth's: see `split_of_masks`.
    """
    files = {
        "train": (train, train_key),
        "validation": (validation, validation_key),
        "test": (test, test_key),
    }
    masks = {
        side: read_variable(Source(path, key, f"split.file.{side}_key"), 2)
        for side, (path, key) in files.items()
        if path is not None
    }
    return split_of_masks(request, masks, labels)


def split_of_masks(
    request: Request, masks: dict[str, Shaped[np.ndarray, "..."]], labels: str
) -> Split:
    """Return the side of each pixel according to masks; pixels in no mask are on no side.

    Args:
        request: The labelled scene; masks do not count where it has no data.
        masks: For `train`, `test` and perhaps `validation`, a raster of the truth's size: 0 and 1,
            or the label of each pixel that belongs to the side, and for others 0, NaN or an
            unlabelled one.
        labels: What to do with labels of a mask that are not the truth's: `refuse` them, or take
            those of the `mask`.

    Returns:
        The split, with the truth that it is for. Its groups are the connected regions of one class
        in the training mask.

    Raises:
        ValueError: Naming the mask, if its shape is not that of the truth, if it is empty, if it
            marks a pixel that has no label, if it holds a label that is refused or no class of the
            truth, or if it shares a pixel with another mask; or if a class has no training pixel.
    """
    truth, info = request.truth.copy(), request.info
    sides = np.zeros(truth.shape, np.uint8)
    for name, mask in masks.items():
        key = f"params.yaml: split.file.{name}"
        if mask.shape != truth.shape:
            raise ValueError(f"{key}: should be {truth.shape} like the truth, it is {mask.shape}")
        binary = bool(np.isin(mask, (0, 1)).all())
        none = [0] if binary else [0, *as_stored(info.unlabelled, mask.dtype)]
        inside = request.valid & ~(np.isin(mask, none) | np.isnan(mask))
        if not inside.any():
            raise ValueError(f"{key}: has no pixel, all of it is 0 or unlabelled")
        _refuse(inside & (sides > 0), f"{key}: shares {{}} pixels with another side")
        beyond = inside & (request.truth == 0)
        if binary:
            _refuse(beyond, f"{key}: has {{}} pixels without a label in the truth")
        else:
            classes = info.to_classes(mask)
            differs = inside & (classes != request.truth)
            if labels == "refuse":
                _refuse(
                    differs,
                    f"{key}: has {beyond.sum():,} pixels without a label in the truth and "
                    f"{(differs & ~beyond).sum():,} labels that are not the truth's; "
                    "split.file.labels=mask takes these {} labels from the mask, and if the masks "
                    "together are the truth, set scene.custom.truth to null",
                    mask,
                )
            unknown = f"{key}: has {{}} labels that are no class of the truth"
            _refuse(inside & (classes == 0), unknown, mask)
            truth[inside] = classes[inside]
        sides[inside] = SIDES[name]
    for number, label in enumerate(info.labels, start=1):
        if not (sides[truth == number] == TRAIN).any():
            raise ValueError(
                f"params.yaml: split.file.train: has no pixel of label {label} of the truth"
            )
    fields = regions_of(np.where(sides == TRAIN, truth, 0))
    return Split.shared(sides, truth, fields)


def _refuse(
    wrong: Bool[np.ndarray, "height width"], message: str, mask: np.ndarray | None = None
) -> None:
    """Raise ValueError if any pixel is wrong, saying how many are and where the first is."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        what = "" if mask is None else f" ({mask[row, column]})"
        where = f" (the first{what} is at row {row}, column {column}, counted from 0)"
        raise ValueError(message.format(f"{wrong.sum():,}") + where)
