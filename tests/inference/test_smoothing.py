from dataclasses import fields, replace

import numpy as np
import pytest

from hsi.choices import SMOOTHINGS
from hsi.inference.box import Box
from hsi.inference.random_walker import TOLERANCE, RandomWalker
from hsi.inference.regions import TILE
from hsi.inference.smoothing import NoSmoothing, as_config, smooth_tiles, smoothing_of, whole

WALKER = RandomWalker("none", sharpness=1.0, gamma=0.3, beta=1.0, borders=0.0, scale=1.0)


def in_tiles(probability, down, across):
    height, width = probability.shape[:2]
    for top in range(0, height, down):
        for left in range(0, width, across):
            rows, columns = (
                slice(top, min(height, top + down)),
                slice(left, min(width, left + across)),
            )
            yield rows, columns, probability[rows, columns]


@pytest.fixture
def scene():
    generator = np.random.default_rng(0)
    probability = generator.dirichlet(np.ones(3), (90, 12)).astype(np.float32)
    image = generator.normal(size=(4, 90, 12)).astype(np.float32)
    inside = generator.random((90, 12)) < 0.9
    known = np.where(generator.random((90, 12)) < 0.05, 2, 0).astype(np.int32)
    return probability, image, inside, known


@pytest.mark.parametrize(
    ("smoothing", "tolerance"),
    [(Box(5), 1e-6), (WALKER, TOLERANCE)],
    ids=["box", "random_walker"],
)
@pytest.mark.parametrize(("down", "across"), [(90, 12), (7, 5), (1, 12)])
def test_parts_of_a_scene_give_what_the_whole_gives(scene, smoothing, tolerance, down, across):
    probability, image, inside, known = scene
    assert 4 * smoothing.reach < 90, "else it is smoothed as a whole"
    tiles = in_tiles(probability, down, across)
    parts = list(smooth_tiles(tiles, lambda rows: image[:, rows], inside, known, smoothing))
    assert len(parts) > 1
    assert [row for rows, *_ in parts for row in range(90)[rows]] == list(range(90))
    expected = smoothing.smooth(probability, smoothing.graph(image, inside), inside, known)
    assert np.abs(whole(iter(parts)) - expected).max() < tolerance


def test_parts_have_the_regions_of_the_whole():
    generator = np.random.default_rng(0)
    height, width = 4 * TILE + 300, 4
    walker = replace(WALKER, seeds="training", borders=1.0, height=2.0)
    assert walker.reach == TILE
    probability = generator.dirichlet(np.ones(3), (height, width)).astype(np.float32)
    image = generator.normal(size=(4, height, width)).astype(np.float32)
    inside, known = np.ones((height, width), bool), np.zeros((height, width), np.int32)
    tiles = in_tiles(probability, 100, width)
    parts = whole(smooth_tiles(tiles, lambda rows: image[:, rows], inside, known, walker))
    expected = walker.smooth(probability, walker.graph(image, inside), inside, known)
    assert np.abs(parts - expected).max() < 1e-4


def test_a_row_that_is_out_of_reach_changes_no_bit(scene):
    probability, image, inside, known = scene
    other = probability.copy()
    other[80:] = [1, 0, 0]

    def smooth(each):
        tiles = in_tiles(each, 10, 12)
        return whole(smooth_tiles(tiles, lambda rows: image[:, rows], inside, known, WALKER))

    first, second = smooth(probability), smooth(other)
    changed = np.flatnonzero((first != second).any((1, 2)))
    assert changed.min() >= 80 - 4 * WALKER.reach
    assert changed.min() > 0


def test_no_smoothing_leaves_the_tiles_as_they_come(scene):
    probability, image, inside, known = scene
    tiles = list(in_tiles(probability, 7, 5))
    found = smooth_tiles(iter(tiles), lambda rows: image[:, rows], inside, known, NoSmoothing())
    for one, other in zip(found, tiles, strict=True):
        assert one[:2] == other[:2]
        assert one[2] is other[2]


@pytest.mark.parametrize("smoothing", [NoSmoothing(), Box(7), WALKER])
def test_a_smoothing_survives_its_description(smoothing):
    assert smoothing_of(**as_config(smoothing)) == smoothing


def test_every_smoothing_of_the_table_has_the_fields_of_its_block():
    for choice in SMOOTHINGS.values():
        known = {field.name for field in fields(choice.load())}
        assert set(choice.settings) <= known
