import numpy as np
import pytest
import torch
from comparators.blobs import blobs
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from hsi.comparators.lda import LDA


@pytest.mark.parametrize("classes", [2, 5])
def test_it_gives_the_probabilities_of_scikit_learns_lda(classes):
    features, targets, _ = blobs(classes, 120, spread=2.0)
    model = LDA(classes, folds=3, shrinkage=[0.1])
    model.learn(features, targets, {"shrinkage": 0.1}, seed=0)
    oracle = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)
    oracle.fit(features.double().numpy(), targets.numpy())
    new = torch.from_numpy(np.random.default_rng(1).normal(size=(50, 4))).float()
    ours = model.scores(new).softmax(1).numpy()
    np.testing.assert_allclose(ours, oracle.predict_proba(new.double().numpy()), atol=1e-5)


def test_a_class_of_one_pixel_is_fitted_without_a_word():
    features, targets, _ = blobs(3, 120, spread=0.1)
    alone = torch.cat([torch.where(targets != 2)[0], torch.where(targets == 2)[0][:1]])
    model = LDA(3, folds=3, shrinkage=[0.1])
    model.learn(features[alone], targets[alone], {"shrinkage": 0.1}, seed=0)
    assert model.scores(features[alone[-1:]]).argmax().item() == 2
