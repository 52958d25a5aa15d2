"""Fit the RBF support vector machine, tuned by cross-validation on training pixels only."""

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float32, Int64
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from hsi.models.svm import RbfMachine
from hsi.models.trunk_head import TrunkHead
from hsi.training import Epoch

FOLDS = 5
COST = [1.0, 10.0, 100.0, 1000.0, 10000.0]
# Times 1 / (components * variance), which scikit-learn calls "scale".
GAMMA = [1 / 64, 1 / 16, 1 / 4, 1.0, 4.0]
COLDEST, HOTTEST = 0.01, 100.0


def fit_svm(
    model: TrunkHead,
    padded: Float32[torch.Tensor, "components height width"],
    rows: Int64[torch.Tensor, " pixels"],
    columns: Int64[torch.Tensor, " pixels"],
    targets: Int64[torch.Tensor, " pixels"],
    *,
    seed: int,
) -> Iterator[Epoch]:
    """Fit `model` in place, in what counts as a single epoch.

    C and gamma are those with the best overall accuracy over five stratified folds of the training
    pixels. The decision values, which rank classes but are no probabilities, are divided by the
    temperature that gives the pixels left out the least cross-entropy (Guo et al., ICML 2017,
    https://arxiv.org/abs/1706.04599); this changes no decision.

    Args:
        model: What `hsi.models.svm` builds.
        padded: The padded cube, other sides' pixels hidden.
        rows: Row of each training pixel in the cube without its margin.
        columns: Column of each.
        targets: Class of each, from 0.
        seed: Of the folds.

    Yields:
        One epoch; its loss is the cross-entropy of pixels left out, its rate 0.

    Raises:
        ValueError: If there is nothing to cross-validate with.
    """
    counts = np.bincount(targets.cpu().numpy())
    if counts.max() < 2 or (counts > 0).sum() < 2:
        raise ValueError(
            "svm needs two classes and a class of two training pixels; raise split.train"
        )
    features = padded[:, rows + model.margin, columns + model.margin].T.double().cpu().numpy()
    labels = targets.cpu().numpy()
    folds = StratifiedKFold(min(FOLDS, int(counts.max())), shuffle=True, random_state=seed)
    with warnings.catch_warnings():  # classes smaller than the folds are few: no reason to stop
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        splits = list(folds.split(features, labels))
    scale = 1 / (features.shape[1] * features.var())
    grid = {"C": COST, "gamma": [scale * each for each in GAMMA]}
    search = GridSearchCV(SVC(cache_size=500), grid, cv=splits).fit(features, labels)

    held: list[tuple[np.ndarray, np.ndarray]] = []  # decision values, and the true column
    for train, left_out in splits:
        machine = SVC(**search.best_params_).fit(features[train], labels[train])
        known = left_out[np.isin(labels[left_out], machine.classes_)]
        values = machine.decision_function(features[known])
        values = values if values.ndim == 2 else np.stack([-values, values], 1) / 2
        held.append((values, np.searchsorted(machine.classes_, labels[known])))

    def cross_entropy(log_temperature: float) -> float:
        likelihood = [
            log_softmax(values / np.exp(log_temperature), 1)[np.arange(len(true)), true]
            for values, true in held
        ]
        return -float(np.concatenate(likelihood).mean())

    best = minimize_scalar(cross_entropy, bounds=np.log([COLDEST, HOTTEST]), method="bounded")
    assert isinstance(model.head, RbfMachine)
    model.head.take(search.best_estimator_, float(np.exp(best.x)))
    model.to(padded.device)
    yield Epoch(1, best.fun, 0.0, {"epoch": 1, "model": model.state_dict()})
