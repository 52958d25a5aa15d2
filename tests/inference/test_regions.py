"""The heights of borders, with regions that are merged one by one as the oracle."""

from itertools import combinations

import numpy as np
import pytest

from hsi.inference.regions import TILE, border_heights


def neighbours(rows, width):
    """Both pixels of every link of eight neighbours, numbered in reading order."""
    places = [(row, column) for row in range(rows) for column in range(width)]
    found = [
        (i, j)
        for (i, one), (j, other) in combinations(enumerate(places), 2)
        if max(abs(one[0] - other[0]), abs(one[1] - other[1])) == 1
    ]
    return np.array(found).T


def merged_one_by_one(image, start, end):
    """The heights, with every pair of regions that touch looked at before each merge."""
    values = image.reshape(len(image), -1).T.astype(float)
    regions = [{number} for number in range(len(values))]
    heights, highest = np.zeros(len(start)), 0.0

    def touch(one, other):
        ends = zip(start.tolist(), end.tolist(), strict=True)
        return any((i in one and j in other) or (j in one and i in other) for i, j in ends)

    def growth(one, other):
        apart = values[list(one)].mean(0) - values[list(other)].mean(0)
        return 2 * len(one) * len(other) / (len(one) + len(other)) * np.square(apart).sum()

    while len(regions) > 1:
        pairs = [(growth(*pair), pair) for pair in combinations(regions, 2) if touch(*pair)]
        least, (one, other) = min(pairs, key=lambda each: each[0])
        highest = max(highest, np.sqrt(least))
        for link, (i, j) in enumerate(zip(start, end, strict=True)):
            if (i in one and j in other) or (j in one and i in other):
                heights[link] = highest
        regions = [each for each in regions if each not in (one, other)] + [one | other]
    return heights


@pytest.mark.parametrize("shape", [(5, 6), (1, 9), (7, 1), (1, 2)])
def test_the_height_is_that_of_the_merge_that_joins_the_two_pixels(shape):
    image = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    start, end = neighbours(*shape)
    found = border_heights(image, start, end)
    np.testing.assert_allclose(found, merged_one_by_one(image, start, end), rtol=1e-6)


def test_a_border_is_high_even_where_two_fields_differ_by_less_than_the_noise():
    generator = np.random.default_rng(0)
    image = generator.normal(size=(6, 24, 24)).astype(np.float32)
    image[:, :, 12:] += 0.9
    number = np.arange(24 * 24).reshape(24, 24)
    heights = border_heights(image, number[:, :-1].ravel(), number[:, 1:].ravel()).reshape(24, 23)
    last_merge = heights == heights.max()
    assert last_merge[:, 11].mean() > 0.6
    assert np.delete(last_merge, 11, axis=1).mean() < 0.05


def test_a_tile_has_its_own_hierarchy_and_ends_with_no_border():
    image = np.random.default_rng(0).normal(size=(1, 3, TILE + 2)).astype(np.float32)
    number = np.arange(image[0].size).reshape(image.shape[1:])
    start, end = number[:, :-1].ravel(), number[:, 1:].ravel()
    first = border_heights(image, start, end).reshape(3, -1)
    other = image.copy()
    other[:, :, TILE:] += 5
    second = border_heights(other, start, end).reshape(3, -1)
    assert np.array_equal(first[:, : TILE - 1], second[:, : TILE - 1])
    assert not first[:, TILE - 1].any()
    assert first[:, TILE:].all()


def test_a_scene_of_one_pixel_has_no_border():
    nothing = np.zeros(0, np.int64)
    assert border_heights(np.zeros((2, 1, 1), np.float32), nothing, nothing).shape == (0,)
