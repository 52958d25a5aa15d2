import numpy as np
import pytest
import torch
from comparators.blobs import blobs
from sklearn.neighbors import KNeighborsClassifier

from hsi.comparators.neighbours import LEAST, Neighbours


@pytest.mark.parametrize("many", [1, 4, 500])
def test_it_gives_the_shares_of_scikit_learns_neighbours(many):
    features, targets, _ = blobs(3, 90, spread=2.0)
    model = Neighbours(3, folds=3, neighbours=[many])
    model.learn(features, targets, {"neighbours": float(many)}, seed=0)
    oracle = KNeighborsClassifier(min(many, 90)).fit(features.numpy(), targets.numpy())
    new = torch.from_numpy(np.random.default_rng(1).normal(size=(50, 4))).float()
    ours = model.scores(new).exp().numpy() - LEAST
    np.testing.assert_allclose(ours, oracle.predict_proba(new.numpy()), atol=1e-6)
