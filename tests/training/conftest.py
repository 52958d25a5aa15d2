"""A scene to train on."""

import numpy as np
import pytest
import torch

from hsi.cube.padded import pad
from hsi.reduction.pca import fit_pca
from hsi.training.samples import Samples


@pytest.fixture(scope="module")
def padded(cube, truth) -> torch.Tensor:
    """(13, 34, 29) whitened components of the synthetic scene, padded for windows of 9 pixels."""
    projection, _ = fit_pca(cube, np.ones(truth.shape, bool), 13, "none", whiten=True)
    return torch.from_numpy(pad(projection.apply(cube), 9))


@pytest.fixture(scope="module")
def samples(truth) -> Samples:
    """60 labelled pixels of all three classes."""
    rows, columns = np.nonzero(truth)
    some = np.random.default_rng(0).permutation(len(rows))[:60]
    rows, columns = torch.from_numpy(rows[some]), torch.from_numpy(columns[some])
    return Samples(rows, columns, torch.from_numpy(truth).long()[rows, columns] - 1)
