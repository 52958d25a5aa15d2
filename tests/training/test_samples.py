import numpy as np
import torch

from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.training.samples import Samples


def test_pixels_become_indices_and_targets_whatever_integers_they_are():
    table = np.array([[4, 1, 0, TRAIN], [2, 3, 2, TEST], [5, 0, 1, TRAIN]], np.int32)
    samples = Samples.of(Pixels(*table.T).on(TRAIN), "cpu")
    assert len(samples) == 2
    assert samples.rows.tolist() == [4, 5]
    assert samples.columns.tolist() == [1, 0]
    assert samples.targets.tolist() == [0, 1]
    assert samples.rows.dtype == samples.columns.dtype == samples.targets.dtype == torch.int64


def test_an_index_takes_rows_columns_and_targets_together():
    samples = Samples(*torch.arange(12).view(3, 4))
    some = samples[torch.tensor([3, 0, 3])]
    assert len(some) == 3
    assert some.rows.tolist() == [3, 0, 3]
    assert some.columns.tolist() == [7, 4, 7]
    assert some.targets.tolist() == [11, 8, 11]
