"""Overall accuracy, average accuracy, kappa, and the scores of each class."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Int
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    precision_recall_fscore_support,
)


@contextmanager
def many_classes() -> Iterator[None]:
    """Keep scikit-learn from asking whether classes of one or two pixels are a regression."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


def _finite(value: float) -> float | None:
    """Return None for an undefined score: JSON has no NaN."""
    return None if math.isnan(value) else float(value)


@many_classes()
def scores(
    targets: Int[np.ndarray, " pixels"],
    predicted: Int[np.ndarray, " pixels"],
    class_names: tuple[str, ...],
) -> dict[str, Any]:
    """Return `oa`, `aa`, `kappa` and `per_class`, all as fractions of 1.

    `oa` is the share of pixels that are right. `aa` is the mean recall of the classes that occur in
    `targets` (recall and not precision, which two well-known code bases of this field average).
    `kappa` is Cohen's. A class that does not occur in `targets` has recall and f1 None. A class
    that is never predicted has precision 0 if it occurs and None if it does not.

    Args:
        targets: True class of each pixel, from 0.
        predicted: Predicted class of each pixel, from 0.
        class_names: Name of each class.
    """
    classes = list(range(len(class_names)))
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predicted, labels=classes, average=None, zero_division=np.nan
    )
    occurs = support > 0
    precision = np.where(occurs & np.isnan(precision), 0.0, precision)
    f1 = np.where(occurs, f1, np.nan)
    several = len(np.union1d(targets, predicted)) > 1  # with a single class kappa is 0 / 0
    kappa = cohen_kappa_score(targets, predicted, labels=classes) if several else np.nan
    return {
        "oa": float(accuracy_score(targets, predicted)),
        "aa": float(recall[occurs].mean()),
        "kappa": _finite(kappa),
        "per_class": {
            name: {
                "precision": _finite(precision[k]),
                "recall": _finite(recall[k]),
                "f1": _finite(f1[k]),
                "support": int(support[k]),
            }
            for k, name in enumerate(class_names)
        },
    }


@many_classes()
def confusion(
    targets: Int[np.ndarray, " pixels"], predicted: Int[np.ndarray, " pixels"], classes: int
) -> Int[np.ndarray, "classes classes"]:
    """Return the number of pixels of each true class (row) and predicted class (column)."""
    return confusion_matrix(targets, predicted, labels=list(range(classes)))
