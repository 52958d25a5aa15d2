"""Cross-validation that leaves out whole groups of training pixels, such as blocks or polygons.

Pixels of one field are alike. What a model is worth on ground that it has not seen shows only if
the ground that is left out is as far from the rest as the test side is.

Source: Roberts et al., Ecography 2017. https://doi.org/10.1111/ecog.02881
"""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor


class Fold(NamedTuple):
    """The numbers of the pixels to learn from, and of those that are left out."""

    train: Int64[Tensor, " train"]
    held: Int64[Tensor, " held"]


def folds_of(
    targets: Int64[Tensor, " pixels"], groups: Int64[Tensor, " pixels"], folds: int, seed: int
) -> list[Fold]:
    """Cut pixels into folds that leave out whole groups, with classes in equal shares.

    A pixel whose class occurs in no other group is never left out, since nothing could be learnt of
    its class. If that is so for all pixels, single pixels are left out.

    Args:
        targets: Class of each pixel, from 0; some class has two pixels.
        groups: Group of each pixel.
        folds: How many folds, at least two; fewer if there are fewer groups.
        seed: Of the draw.
    """
    return _folds(targets, groups, folds, seed) or _folds(
        targets, torch.arange(len(targets)), folds, seed
    )


def _folds(
    targets: Int64[Tensor, " pixels"], groups: Int64[Tensor, " pixels"], folds: int, seed: int
) -> list[Fold]:
    from sklearn.model_selection import StratifiedGroupKFold  # a second to import

    classes, places = targets.cpu().numpy(), groups.cpu().numpy()
    many = min(folds, len(np.unique(places)), int(np.bincount(classes).max()))
    if many < 2:
        return []
    found = []
    cut = StratifiedGroupKFold(many, shuffle=True, random_state=seed)
    with warnings.catch_warnings():  # a class smaller than the number of folds is no obstacle
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        splits = list(cut.split(classes, classes, places))
    for train, left_out in splits:
        known = np.unique(classes[train])
        held = left_out[np.isin(classes[left_out], known)]
        if len(held) and len(known) > 1:
            found.append(Fold(torch.from_numpy(train), torch.from_numpy(held)))
    return found
