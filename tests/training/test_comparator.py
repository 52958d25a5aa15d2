import pytest
import torch

from hsi.comparators.svm import SVM
from hsi.training.comparator import fit_comparator
from hsi.training.samples import Samples


@pytest.fixture
def reduced(padded):
    """The components of the synthetic scene, without a border."""
    return padded[:, 4:-4, 4:-4]


def alone(samples):
    """Groups of one pixel each."""
    return torch.arange(len(samples.targets))


def fitted(cube, samples):
    model = SVM(3, folds=3, cost=[1.0, 10.0], gamma=[0.25, 1.0])
    (epoch,) = fit_comparator(model, cube, samples, alone(samples), seed=3, resume=None)
    return model, epoch


def test_it_learns_a_separable_scene_in_one_epoch(reduced, samples):
    model, epoch = fitted(reduced, samples)
    assert (epoch.number, epoch.rate) == (1, 0.0)
    assert epoch.loss == pytest.approx(0, abs=0.1)
    answers = model.probabilities(reduced, (samples.rows, samples.columns), 100).argmax(1)
    assert (answers == samples.targets).float().mean() > 0.95


def test_the_state_of_the_epoch_is_that_of_the_comparator(reduced, samples):
    model, epoch = fitted(reduced, samples)
    assert epoch.state["epoch"] == 1
    assert epoch.state["model"].keys() == model.state_dict().keys()
    assert all(
        torch.equal(each, epoch.state["model"][name]) for name, each in model.state_dict().items()
    )


def test_a_fitted_comparator_is_restored_without_fitting_it_again(reduced, samples):
    model, epoch = fitted(reduced, samples)
    again = SVM(3, folds=3, cost=[1.0, 10.0], gamma=[0.25, 1.0])
    assert list(fit_comparator(again, reduced, samples, alone(samples), 3, epoch.state)) == []
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_only_training_pixels_decide(reduced, samples):
    changed = reduced + 7
    changed[:, samples.rows, samples.columns] = reduced[:, samples.rows, samples.columns]
    model, _ = fitted(reduced, samples)
    other, _ = fitted(changed, samples)
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_too_few_pixels_are_refused_with_the_key_to_change(reduced, samples):
    few = Samples(samples.rows[:1], samples.columns[:1], samples.targets[:1])
    with pytest.raises(ValueError, match=r"raise split\.train"):
        fitted(reduced, few)
