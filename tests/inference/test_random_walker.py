"""The random walker, with dense systems as the oracle."""

from dataclasses import replace

import numpy as np
import pytest

from hsi.inference import random_walker
from hsi.inference.random_walker import RandomWalker, sharpened

SHAPE = (9, 11)
ALL = np.ones(SHAPE, bool)
NOTHING = np.zeros(SHAPE, np.int32)
WALKER = RandomWalker("none", sharpness=1.0, gamma=0.05, beta=1.0, borders=0.0, scale=2.0)


@pytest.fixture
def scene():
    """Probabilities of three classes, and components of two fields beside each other."""
    generator = np.random.default_rng(0)
    probability = generator.dirichlet(np.ones(3), SHAPE).astype(np.float32)
    image = generator.normal(0, 0.3, (4, *SHAPE)).astype(np.float32)
    image[:, :, 6:] += 20
    return probability, image


def dense_laplacian(image, inside, beta):
    """The Laplacian, link by link, as its docstring has it."""
    height, width = inside.shape
    mean = np.zeros((image.shape[0], height, width))
    for row, column in np.argwhere(inside):
        square = np.s_[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        mean[:, row, column] = image[:, *square][:, inside[square]].astype(float).mean(1)
    places = np.argwhere(inside)
    result = np.zeros((len(places), len(places)))
    for i, one in enumerate(places):
        for j, other in enumerate(places):
            step = np.abs(one - other)
            if i != j and step.max() == 1:
                distance = np.square(mean[:, *one] - mean[:, *other]).sum()
                weight = np.exp(-beta * distance) / np.sqrt(step.sum())
                result[i, j] -= weight
                result[i, i] += weight
    return result


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_the_laplacian_links_neighbours_that_are_inside(scene, share):
    _, image = scene
    inside = np.random.default_rng(1).random(SHAPE) < share
    graph = WALKER.graph(image, inside)
    found = WALKER.laplacian(graph, int(inside.sum())).toarray()
    np.testing.assert_allclose(found, dense_laplacian(image, inside, 0.5), atol=1e-5)
    np.testing.assert_allclose(found.sum(1), 0, atol=1e-9)


@pytest.mark.parametrize("solver", ["direct", "iterative"])
def test_it_solves_the_system_that_the_docstring_states(scene, solver, monkeypatch):
    probability, image = scene
    if solver == "iterative":
        monkeypatch.setattr(random_walker, "DIRECT", 0)
    inside = np.random.default_rng(1).random(SHAPE) < 0.8
    found = WALKER.smooth(probability, WALKER.graph(image, inside), inside, NOTHING)
    matrix = dense_laplacian(image, inside, 1.0 / 2.0) + 0.05 * np.eye(inside.sum())
    prior = sharpened(probability[inside], 1.0)
    np.testing.assert_allclose(found[inside], np.linalg.solve(matrix, 0.05 * prior), atol=1e-5)
    assert np.array_equal(found[~inside], probability[~inside])
    np.testing.assert_allclose(found.sum(2), 1, atol=1e-5)


def test_known_labels_are_fixed_points_of_the_walk(scene):
    probability, image = scene
    known = NOTHING.copy()
    known[1, 2], known[8, 8] = 3, 1
    walker = RandomWalker("training", sharpness=1.0, gamma=0.05, beta=1.0, borders=0.0, scale=2.0)
    found = walker.smooth(probability, walker.graph(image, ALL), ALL, known)
    assert found[1, 2].tolist() == [0, 0, 1]
    assert found[8, 8].tolist() == [1, 0, 0]
    laplacian = dense_laplacian(image, ALL, 0.5)
    given, free = known.ravel() > 0, known.ravel() == 0
    one_hot = np.eye(3)[known.ravel()[given] - 1]
    wanted = 0.05 * sharpened(probability.reshape(-1, 3), 1.0)[free]
    wanted -= laplacian[np.ix_(free, given)] @ one_hot
    system = laplacian[np.ix_(free, free)] + 0.05 * np.eye(free.sum())
    expected = np.linalg.solve(system, wanted)
    np.testing.assert_allclose(found.reshape(-1, 3)[free], expected, atol=1e-5)


def test_a_label_spreads_in_its_field_and_not_across_the_edge(scene):
    _, image = scene
    even = np.full((*SHAPE, 3), 1 / 3, np.float32)
    known = NOTHING.copy()
    known[4, 2] = 2
    walker = RandomWalker("training", sharpness=1.0, gamma=0.001, beta=1.0, borders=0.0, scale=2.0)
    found = walker.smooth(even, walker.graph(image, ALL), ALL, known)[..., 1]
    assert found[:, :5].min() > 0.6
    assert found[:, 7:].max() < 0.4


def test_sharpening_raises_probabilities_to_a_power():
    probability = np.array([[0.8, 0.2, 0.0]], np.float32)
    np.testing.assert_allclose(
        sharpened(probability, 2.0), [[0.64 / 0.68, 0.04 / 0.68, 0]], atol=1e-5
    )


def test_the_scale_is_the_median_of_the_pixels_inside_whatever_the_others_hold(scene):
    _, image = scene
    inside = ALL.copy()
    inside[:, 6:] = False
    walker = RandomWalker("none", None, None, None, None)
    other = image.copy()
    other[:, :, 6:] = 1e9
    first, second = (
        walker.prepared(lambda rows, each=each: each[:, rows], inside) for each in (image, other)
    )
    assert first == second
    assert 0 < first.scale < walker.prepared(lambda rows: image[:, rows] * 2, inside).scale


def test_a_flat_scene_has_a_scale_all_the_same():
    walker = RandomWalker("none", None, None, None, None)
    flat = np.ones((3, *SHAPE), np.float32)
    assert walker.prepared(lambda rows: flat[:, rows], ALL).scale == 1.0


def test_constants_that_are_set_are_not_chosen():
    assert len(RandomWalker("none", None, None, None, None, 1.0).candidates()) == 20
    some = RandomWalker("none", 3.0, None, 0.5, None, 1.0).candidates()
    assert {(each.sharpness, each.beta) for each in some} == {(3.0, 0.5)}
    assert len({each.gamma for each in some}) == 5
    assert WALKER.candidates() == [WALKER]


def test_what_lies_beyond_the_reach_changes_an_answer_by_less_than_the_tolerance():
    generator = np.random.default_rng(0)
    reach = WALKER.reach
    height = 2 * reach
    flat = np.ones((1, height, 5), np.float32)
    probability = generator.dirichlet(np.ones(3), (height, 5)).astype(np.float32)
    other = probability.copy()
    other[: height - reach] = [0, 0, 1]
    inside = np.ones((height, 5), bool)
    arguments = WALKER.graph(flat, inside), inside, np.zeros((height, 5), np.int32)
    first, second = (WALKER.smooth(each, *arguments) for each in (probability, other))
    assert np.abs(first - second)[-1].max() < random_walker.TOLERANCE
    assert np.abs(first - second)[height - reach].max() > random_walker.TOLERANCE


def test_where_every_pixel_has_a_label_nothing_is_left_to_solve(scene):
    probability, image = scene
    walker = replace(WALKER, seeds="training")
    found = walker.smooth(probability, walker.graph(image, ALL), ALL, np.full(SHAPE, 2, np.int32))
    assert (found == [0, 1, 0]).all()


def test_a_border_of_regions_weakens_links_by_its_height_in_its_unit(scene):
    _, image = scene
    walker = replace(WALKER, seeds="training", borders=1.5, height=4.0)
    graph = walker.graph(image, ALL)
    laplacian = walker.laplacian(graph, ALL.size).toarray()
    without = replace(walker, borders=0.0).laplacian(graph, ALL.size).toarray()
    assert graph.height.min() > 0
    for start, end, height in zip(graph.start, graph.end, graph.height, strict=True):
        expected = without[start, end] * np.exp(-1.5 * height / 4.0)
        np.testing.assert_allclose(laplacian[start, end], expected, rtol=1e-9)
    np.testing.assert_allclose(laplacian.sum(1), 0, atol=1e-9)


def test_regions_are_built_only_where_borders_may_count(scene):
    _, image = scene
    free = RandomWalker("none", None, None, None, None)
    assert free.graph(image, ALL).height is None
    assert {each.borders for each in free.candidates()} == {0.0}
    anchored = replace(free, seeds="training")
    assert anchored.graph(image, ALL).height is not None
    assert {each.borders for each in anchored.candidates()} == {0.0, 1.0}
    assert replace(anchored, borders=0.0).graph(image, ALL).height is None
    ready = anchored.prepared(lambda rows: image[:, rows], ALL)
    heights = anchored.graph(image, ALL).height
    assert ready.height == pytest.approx(np.quantile(heights, 2 / 3))
    assert free.prepared(lambda rows: image[:, rows], ALL).height is None


def test_pixels_that_are_not_inside_decide_no_border(scene):
    _, image = scene
    inside = np.random.default_rng(1).random(SHAPE) < 0.8
    walker = replace(WALKER, borders=1.0, height=1.0)
    other = np.where(inside, image, np.float32(1e6))
    first, second = (walker.graph(each, inside).height for each in (image, other))
    assert np.array_equal(first, second)
