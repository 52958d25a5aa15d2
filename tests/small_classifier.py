"""A classifier of the scene in conftest.py, small enough to build in every test that needs one."""

import numpy as np
import torch
from examples import scene_info

from hsi.choices import NETWORKS
from hsi.classifier import Classifier
from hsi.comparators.comparator import Comparator
from hsi.inference.scene import Answering
from hsi.inference.smoothing import NoSmoothing, Smoothing
from hsi.model import ModelRecipe, build_model
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape
from hsi.pictures.palette import hexadecimal, palette
from hsi.reduction.pca import fit_pca

NAMES = ("wheat", "class 5", "fallow")
SETTINGS = {
    "cnn2d": {"batch_norm": True, "dropout": 0.4},
    "svm": {"folds": 2, "cost": [10.0], "gamma": [0.25]},
    "random_forest": {"folds": 2, "trees": 8, "leaf": [2]},
    "extra_trees": {"folds": 2, "trees": 8, "leaf": [2]},
    "kernel_ridge": {"gamma": [1.0], "ridge": [0.1], "most": 2000},
    "lda": {"folds": 2, "shrinkage": [0.1]},
    "knn": {"folds": 2, "neighbours": [3]},
}
NONE = NoSmoothing()
EVIDENCE = {
    "regime": "inductive",
    "trained_on": "train",
    "delivered_pixels": 40,
    "scores": {"oa": 0.9876, "aa": 0.5, "kappa": 0.25},
    "floor": {"oa": 0.75, "aa": 0.4, "kappa": 0.2},
    "leak": 0.93,
    "split": "random",
    "split_seed": 345,
    "train_pixels": 40,
    "test_pixels": 1360,
    "model_md5": "0123456789abcdef",
    "cube_md5": "fedcba9876543210",
    "commit": "c0ffee",
}


def classifier(
    cube: np.ndarray,
    truth: np.ndarray,
    name: str = "cnn2d",
    attention: str = "none",
    turns: bool = False,
    wavelengths: tuple[float, ...] | None = None,
    components: int = 4,
    normalise: str = "none",
    smoothing: Smoothing = NONE,
) -> Classifier:
    """An untrained `cnn2d` of 4 components, or a comparator that is fitted to every third pixel."""
    projection, _ = fit_pca(cube, np.ones(truth.shape, bool), components, normalise, True)
    at = ["conv2d"] if name in NETWORKS and attention != "none" else None
    settings = {"none": {}, "se": {"reduction": 4, "bias": False}}[attention]
    recipe = ModelRecipe(
        name,
        SETTINGS[name],
        InputShape(components, 5, 3),
        AttentionRecipe(attention, settings, at, False),
    )
    torch.manual_seed(0)
    model = build_model(recipe)
    if isinstance(model, Comparator):
        rows, columns = (each[::3] for each in np.nonzero(truth))
        features = torch.from_numpy(projection.apply(cube)[:, rows, columns].T.copy())
        model.fit(
            features, torch.from_numpy(truth[rows, columns]).long() - 1, torch.arange(len(rows)), 0
        )
    else:
        model.label_smoothing.fill_(0.1)
    return Classifier(
        model=model.eval(),
        recipe=recipe,
        projection=projection,
        scene=scene_info(NAMES, (2, 5, 9), unlabelled=(255,), wavelengths=wavelengths),
        colours=tuple(hexadecimal(palette(3))),
        how=Answering(turns, smoothing, 1.5),
        evidence=EVIDENCE,
    )
