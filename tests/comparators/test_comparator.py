import pytest
import torch
from torch import nn

from hsi.choices import COMPARATORS
from hsi.comparators.comparator import KERNEL, Comparator
from hsi.networks.memory import LARGEST_TILE


class NearestMean(Comparator):
    """A comparator as small as one can be: the class of the nearest mean of training pixels."""

    def __init__(self, classes):
        super().__init__(classes)
        self.means = nn.Parameter(torch.zeros(classes, 2), requires_grad=False)

    def fit(self, features, targets, seed):
        for number in range(self.classes):
            self.means[number] = features[targets == number].mean(0)
        return nn.functional.cross_entropy(self(features), targets).item()

    def forward(self, features):
        return -torch.cdist(features, self.means)

    def numbers_per_pixel(self):
        return self.classes


@pytest.fixture
def fitted():
    torch.manual_seed(0)
    model = NearestMean(3)
    targets = torch.arange(30) % 3
    features = torch.randn(3, 2)[targets] * 5 + torch.randn(30, 2)
    assert model.fit(features, targets, seed=0) < 0.5
    return model


@pytest.mark.parametrize("at_once", [1, 4, 7, 100])
def test_all_pixels_come_in_reading_order_and_some_in_their_own(fitted, at_once):
    tile = torch.randn(2, 4, 5)
    expected = fitted(tile.flatten(1).T).softmax(1)
    assert torch.equal(fitted.probabilities(tile, None, at_once), expected)
    rows, columns = torch.tensor([3, 0, 1]), torch.tensor([4, 0, 2])
    some = fitted.probabilities(tile, (rows, columns), at_once)
    torch.testing.assert_close(some, expected[rows * 5 + columns])


def test_no_more_pixels_are_read_at_once_than_asked_for(fitted):
    sizes = []
    fitted.register_forward_hook(lambda _, inputs, output: sizes.append(len(output)))
    fitted.probabilities(torch.randn(2, 4, 5), None, 8)
    assert sizes == [8, 8, 4]


def test_memory_is_bounded_by_the_numbers_of_each_pixel(fitted):
    limits = fitted.memory_limits(2)
    assert (limits.pixels, limits.side) == (KERNEL // 3, LARGEST_TILE)
    assert NearestMean(KERNEL).memory_limits(2).pixels == 2
    assert NearestMean(0).memory_limits(2).pixels == KERNEL  # not fitted yet


def test_every_comparator_of_the_table_is_one_and_reads_single_pixels():
    for choice in COMPARATORS.values():
        assert issubclass(choice.load(), Comparator)
        assert choice.load().window == 1
