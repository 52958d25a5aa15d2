import numpy as np
from examples import request

from hsi.cube.pixels import TEST, TRAIN, VALIDATION
from hsi.split.groups import group_split


def test_groups_are_chosen_from_the_rarest_class_and_the_last_of_a_class_tests():
    truth = np.array([[1] * 4 + [2] * 8] * 2, np.int32)
    numbers = np.array([[0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4]] * 2)
    for seed in range(20):
        split = group_split(request(truth, 0.5, seed=seed), numbers, np.random.default_rng(seed))
        side_of = {split.owner[numbers == group].max() for group in (0, 1)}
        assert side_of == {TRAIN, TEST}, "class 1 is in two groups"
        for group in range(5):
            assert len(np.unique(split.owner[numbers == group])) == 1
        for k in (1, 2):
            own = split.sides[truth == k]
            assert 1 <= (own == TRAIN).sum() <= (truth == k).sum() / 2
            assert (own == TEST).any()


def test_more_validation_groups_come_from_what_training_leaves():
    truth = np.ones((4, 30), np.int32)
    numbers = np.indices(truth.shape)[1] // 3
    split = group_split(request(truth, 20, 0.25), numbers, np.random.default_rng(0))
    assert (split.sides == TRAIN).sum() == 20
    assert (split.owner == TRAIN).sum() == 24, "two groups of 12 hold 20 pixels"
    assert ((split.owner == VALIDATION).sum(), (split.sides == VALIDATION).sum()) == (36, 30)
    assert (split.sides == TEST).sum() == 60
    assert split.truth is not None


def test_a_class_of_one_group_has_no_training_pixels():
    truth = np.array([[1, 1, 2, 2]], np.int32)
    split = group_split(request(truth, 1), np.array([[0, 0, 1, 2]]), np.random.default_rng(0))
    assert (split.sides[truth == 1] == TEST).all()
