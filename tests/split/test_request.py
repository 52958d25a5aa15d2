import numpy as np

from hsi.cube.padded import EVERYONE, hidden_from
from hsi.cube.pixels import SIDES, TEST, TRAIN
from hsi.split.request import Split


def test_in_a_shared_split_no_side_is_hidden_from_another():
    sides = np.array([[TRAIN, TEST, 0]], np.uint8)
    truth = np.array([[1, 1, 0]], np.int32)
    split = Split.shared(sides, truth)
    assert split.truth is truth
    assert np.array_equal(split.sides, sides)
    assert (split.owner == EVERYONE).all()
    assert not any(hidden_from(side, split.owner).any() for side in SIDES.values())
