import numpy as np

from hsi.inference.box import Box


def test_it_is_the_mean_over_the_square_of_pixels_inside():
    generator = np.random.default_rng(0)
    probability = generator.dirichlet(np.ones(3), (7, 9)).astype(np.float32)
    inside = generator.random((7, 9)) < 0.7
    nothing = np.zeros((7, 9), np.int32)
    found = Box(3).smooth(probability, None, inside, nothing)
    for row in range(7):
        for column in range(9):
            if not inside[row, column]:
                assert np.array_equal(found[row, column], probability[row, column])
                continue
            square = np.s_[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            expected = probability[square][inside[square]].mean(0)
            np.testing.assert_allclose(found[row, column], expected, atol=1e-6)


def test_pixels_that_are_not_inside_may_hold_anything():
    probability = np.full((5, 5, 2), 0.5, np.float32)
    inside = np.ones((5, 5), bool)
    inside[2, 2] = False
    other = probability.copy()
    other[2, 2] = np.nan
    arguments = None, inside, np.zeros((5, 5), np.int32)
    first, second = (Box(5).smooth(each, *arguments) for each in (probability, other))
    assert np.array_equal(first[inside], second[inside])
