import numpy as np
from examples import request

from hsi.split.blocks import block_split
from hsi.split.matched import draw_like, matched_split
from hsi.split.request import Request


def asked(truth: np.ndarray, seed: int = 0) -> Request:
    return request(truth, 0.1, 0.1, seed)


def test_a_matched_split_has_as_many_of_each_class_on_each_side(truth):
    blocks = block_split(asked(truth), 5).sides
    matched = matched_split(asked(truth), 5)
    assert not matched.owner.any(), "nothing is hidden"
    for number in (1, 2, 3):
        of_class = truth == number
        assert np.array_equal(np.bincount(blocks[of_class]), np.bincount(matched.sides[of_class]))
    assert not np.array_equal(blocks, matched.sides)
    assert (matched.sides[truth == 0] == 0).all()


def test_the_seed_decides_the_draw(truth):
    blocks = block_split(asked(truth), 5).sides
    first = draw_like(blocks, truth, 0)
    assert np.array_equal(first, draw_like(blocks, truth, 0))
    assert np.array_equal(first, matched_split(asked(truth), 5).sides)
    assert not np.array_equal(first, draw_like(blocks, truth, 1))
