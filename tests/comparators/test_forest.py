import numpy as np
import pytest
import torch
from comparators.blobs import blobs

from hsi.comparators.forest import LEAST, ExtraTrees, Forest


@pytest.mark.parametrize("kind", [Forest, ExtraTrees])
def test_it_gives_the_probabilities_of_scikit_learns_forest(kind):
    features, targets, groups = blobs(4, 120, spread=2.0)
    model = kind(4, folds=3, trees=15, leaf=[2])
    model.fit(features, targets, groups, seed=5)
    oracle = model.ensemble(2, 5).fit(features.numpy(), targets.numpy())
    new = np.random.default_rng(1).normal(size=(300, 4)).astype(np.float32) * 3
    ours = model.scores(torch.from_numpy(new)).exp().numpy() - LEAST
    np.testing.assert_allclose(ours, oracle.predict_proba(new), atol=1e-6)
