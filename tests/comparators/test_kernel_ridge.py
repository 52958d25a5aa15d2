"""Kernel ridge regression, with scikit-learn's as the oracle."""

import numpy as np
import pytest
import torch
from comparators.blobs import blobs
from scipy.spatial.distance import pdist
from sklearn.kernel_ridge import KernelRidge as Oracle

from hsi.comparators.kernel_ridge import KernelRidge, _mapped, _without_own_group


def wanted(targets):
    return np.eye(3)[targets] - 1 / 3


def test_it_is_scikit_learns_kernel_ridge():
    features, targets, _ = blobs(3, 90)
    model = KernelRidge(3, gamma=[0.5], ridge=[0.1], most=2000)
    model.learn(features, targets, {"gamma": 0.5, "ridge": 0.1}, seed=0)
    gamma = 0.5 / np.median(pdist(features.double().numpy()) ** 2)
    oracle = Oracle(alpha=0.1, kernel="rbf", gamma=gamma)
    oracle.fit(features.double().numpy(), wanted(targets))
    new = torch.from_numpy(np.random.default_rng(1).normal(size=(50, 4))).float()
    ours = model.scores(new).numpy()
    np.testing.assert_allclose(ours, oracle.predict(new.double().numpy()), atol=2e-4)


@pytest.mark.parametrize("most", [2000, 30], ids=["exact", "Nystroem"])
def test_the_closed_form_is_what_a_fit_without_the_group_says(most):
    features, targets, groups = blobs(3, 90, group=6)
    model = KernelRidge(3, gamma=[0.5], ridge=[0.1], most=most)
    centres = model._centres(features.double(), 0)
    gamma = torch.tensor(0.1, dtype=torch.float64)
    mapped, _ = _mapped(features.double(), centres, gamma)
    members = [torch.nonzero(groups == each)[:, 0] for each in groups.unique()]
    found = _without_own_group(mapped, torch.from_numpy(wanted(targets)), 0.1, members)
    for some in members:
        rest = np.setdiff1d(np.arange(90), some)
        f = mapped[rest].numpy()
        weights = np.linalg.solve(f.T @ f + 0.1 * np.eye(f.shape[1]), f.T @ wanted(targets)[rest])
        np.testing.assert_allclose(found[some].numpy(), mapped[some].numpy() @ weights, atol=1e-8)


def test_many_pixels_share_few_centres_and_all_are_fitted_to():
    features, targets, groups = blobs(3, 300, group=6)
    full = KernelRidge(3, gamma=[1.0], ridge=[0.1], most=300)
    few = KernelRidge(3, gamma=[1.0], ridge=[0.1], most=60)
    for model in (full, few):
        model.fit(features, targets, groups, seed=0)
    assert (full.numbers_per_pixel(), few.numbers_per_pixel()) == (300, 60)
    agree = full(features).argmax(1) == few(features).argmax(1)
    assert agree.float().mean() > 0.97


def test_where_each_class_is_in_one_group_single_pixels_are_left_out():
    features, targets, _ = blobs(3, 60)
    model = KernelRidge(3, gamma=[0.3, 1.0], ridge=[0.1], most=2000)
    assert model.fit(features, targets, targets.clone(), seed=0) < 0.6
