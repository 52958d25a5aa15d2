from dataclasses import replace

import numpy as np
import pytest
import torch
from examples import probabilities, request, small

from hsi.cube.padded import EVERYONE, PaddedCube
from hsi.cube.pixels import SIDES, TEST, TRAIN, VALIDATION, Pixels
from hsi.inference.box import Box
from hsi.inference.random_walker import RandomWalker
from hsi.inference.scene import Answering, as_own_side_sees, infer, predict_scene
from hsi.inference.smoothing import NoSmoothing
from hsi.networks.memory import MemoryLimits
from hsi.reduction.pca import fit_pca
from hsi.scores.calibration import entropy, fit_temperature, scaled
from hsi.split.blocks import block_split


@pytest.fixture(scope="module")
def split(truth):
    """Blocks of 4 pixels, each of which the other sides do not see."""
    return block_split(request(truth, 0.3, 0.1), side=4)


@pytest.fixture(scope="module")
def pixels(truth, split):
    return Pixels.of_truth(truth, split.sides)


@pytest.fixture(scope="module")
def components(cube, split):
    projection, _ = fit_pca(cube, split.owner == TRAIN, 13, "none", whiten=True)
    return projection.apply(cube)


@pytest.fixture(scope="module")
def blocks(components, split):
    """The padded cube with sides that are hidden from each other."""
    return PaddedCube.of(components, split.owner, 9)


@pytest.fixture(scope="module")
def shared(components):
    """The padded cube of which every side sees every pixel."""
    return PaddedCube.of(components, None, 9)


@pytest.fixture
def model(monkeypatch):
    """A network that counts on `ran` how often its trunk runs, once for each of four tiles."""
    torch.manual_seed(0)
    made = small(attention="se")
    made.ran = []
    made.trunk.register_forward_hook(lambda *call: made.ran.append(call[0]))
    monkeypatch.setattr(made, "memory_limits", lambda components: MemoryLimits(64, 15))
    return made


TILES = 4
ALL = np.ones((26, 21), bool)


def answering(turns: bool, temperature: float = 1.0) -> Answering:
    return Answering(turns, NoSmoothing(), temperature)


def predict(model, cube, pixels, temperature):
    nothing = np.zeros(cube.size, np.int32)
    return predict_scene(model, cube, ALL, nothing, pixels, answering(False, temperature))


def test_the_prediction_is_class_confidence_and_entropy_of_every_pixel(model, shared, pixels):
    prediction, probability = predict(model, shared, pixels, temperature=2.0)
    rows, columns = (each.ravel() for each in np.indices(shared.size))
    every = probabilities(model, shared, None, rows, columns, turns=False)
    answers = scaled(every, 2.0)
    assert np.array_equal(prediction.classes.ravel(), every.argmax(1) + 1)
    np.testing.assert_allclose(prediction.confidence.ravel(), answers.max(1), atol=1e-6)
    np.testing.assert_allclose(prediction.entropy.ravel(), entropy(answers), atol=1e-5)
    numbers = pixels.rows * shared.size[1] + pixels.columns
    np.testing.assert_allclose(probability, every[numbers], atol=1e-6)  # at temperature 1


def test_a_scene_without_labels_is_predicted_all_the_same(model, shared, pixels):
    prediction, none = predict(model, shared, None, temperature=1.0)
    same, _ = predict(model, shared, pixels, temperature=1.0)
    assert none.shape == (0, 3)
    assert np.array_equal(prediction.classes, same.classes)


def test_the_model_runs_once_over_a_scene_of_which_all_sides_see_all(model, shared, pixels):
    found = infer(model, shared, ALL, pixels, answering(False), False)
    assert len(model.ran) == TILES
    assert found.temperature == 1.0
    labelled = found.probability
    assert np.array_equal(
        labelled.argmax(1) + 1, found.prediction.classes[pixels.rows, pixels.columns]
    )
    assert np.array_equal(labelled.max(1), found.prediction.confidence[pixels.rows, pixels.columns])


def test_scored_answers_hide_other_sides_and_the_map_hides_nothing(model, blocks, shared, pixels):
    found = infer(model, blocks, ALL, pixels, answering(False), False)
    assert len(model.ran) <= TILES * (1 + len(SIDES))
    for side in SIDES.values():
        own = pixels.on(side)
        expected = probabilities(model, blocks, side, own.rows, own.columns, turns=False)
        np.testing.assert_allclose(found.probability[pixels.sides == side], expected, atol=1e-6)
    free, answers = predict(model, shared, pixels, temperature=1.0)
    assert np.array_equal(found.prediction.classes, free.classes)
    assert np.array_equal(found.prediction.confidence, free.confidence)
    assert not np.allclose(found.probability, answers, atol=1e-4)


def test_turns_reach_both_the_map_and_the_scored_answers(model, blocks, pixels):
    still, turned = (
        infer(model, blocks, ALL, pixels, answering(turns), False) for turns in (False, True)
    )
    assert not np.allclose(still.probability, turned.probability, atol=1e-4)
    assert not np.allclose(still.prediction.confidence, turned.prediction.confidence, atol=1e-4)


@pytest.mark.parametrize("hidden", [False, True], ids=["shared", "blocks"])
def test_the_temperature_is_fitted_to_validation_pixels_and_sharpens_all(
    model, blocks, shared, pixels, hidden
):
    cube = blocks if hidden else shared
    before = infer(model, cube, ALL, pixels, answering(False), False)
    found = infer(model, cube, ALL, pixels, answering(False), True)
    held = pixels.sides == VALIDATION
    expected = fit_temperature(before.probability[held], pixels.targets[held])
    assert found.temperature == pytest.approx(expected, rel=1e-3)
    assert found.temperature != 1.0
    np.testing.assert_allclose(
        found.probability, scaled(before.probability, found.temperature), atol=1e-6
    )
    assert np.array_equal(found.prediction.classes, before.prediction.classes)
    assert not np.allclose(found.prediction.confidence, before.prediction.confidence, atol=1e-4)


def test_answers_come_in_the_order_of_the_pixels(model, blocks, pixels):
    order = np.random.default_rng(0).permutation(len(pixels))
    mixed = Pixels(
        pixels.rows[order], pixels.columns[order], pixels.targets[order], pixels.sides[order]
    )
    straight = as_own_side_sees(model, blocks, ALL, pixels, answering(False))
    found = as_own_side_sees(model, blocks, ALL, mixed, answering(False))
    np.testing.assert_allclose(found, straight[order], atol=1e-6)


@pytest.mark.parametrize("turns", [False, True])
def test_whatever_the_other_sides_hold_the_answers_on_test_stay_the_same(
    model, components, split, pixels, turns
):
    other = components.copy()
    other[:, split.owner == TRAIN] = 1e6
    other[:, split.owner == VALIDATION] = -1e6
    tested = pixels.on(TEST)
    assert EVERYONE not in split.owner
    cubes = [PaddedCube.of(each, split.owner, 9) for each in (components, other)]
    answers = [as_own_side_sees(model, cube, ALL, tested, answering(turns)) for cube in cubes]
    assert np.array_equal(*answers)
    nothing_hidden = probabilities(model, cubes[0], None, tested.rows, tested.columns, turns)
    assert not np.array_equal(answers[0], nothing_hidden)


WALKER = RandomWalker("none", sharpness=1.0, gamma=0.05, beta=1.0, borders=0.0, scale=1.0)
ANCHORED = replace(WALKER, seeds="training")


def walked(model, cube, pixels, smoothing):
    return infer(model, cube, ALL, pixels, Answering(False, smoothing, 1.0), False)


@pytest.mark.parametrize("smoothing", [Box(5), WALKER], ids=["box", "random_walker"])
def test_an_inductive_answer_depends_on_its_own_side_alone(
    model, components, split, pixels, smoothing
):
    """Test pixels are changed at will: no bit changes on the training side, and vice versa."""
    straight = walked(model, PaddedCube.of(components, split.owner, 9), pixels, smoothing)
    for changed, kept in ((TEST, TRAIN), (TRAIN, TEST)):
        other = components.copy()
        other[:, split.owner == changed] = 50 * other[:, split.owner == changed] + 3
        found = walked(model, PaddedCube.of(other, split.owner, 9), pixels, smoothing)
        own = pixels.sides == kept
        assert np.array_equal(found.probability[own], straight.probability[own])
        assert not np.allclose(found.probability[~own], straight.probability[~own], atol=1e-3)


def test_inductive_answers_do_not_depend_on_where_training_labels_are(model, blocks, pixels):
    moved = replace(pixels, targets=np.where(pixels.sides == TRAIN, 0, pixels.targets))
    first, second = (walked(model, blocks, each, WALKER) for each in (pixels, moved))
    assert np.array_equal(first.probability, second.probability)


def test_transductive_answers_use_training_labels_and_never_those_of_test(model, blocks, pixels):
    straight = walked(model, blocks, pixels, ANCHORED)
    tested = replace(pixels, targets=np.where(pixels.sides == TEST, 0, pixels.targets))
    same = walked(model, blocks, tested, ANCHORED)
    assert np.array_equal(same.probability, straight.probability)
    assert np.array_equal(same.prediction.classes, straight.prediction.classes)
    own = pixels.sides == TRAIN
    assert np.array_equal(straight.probability[own].argmax(1), pixels.targets[own])
    relabelled = replace(pixels, targets=np.where(own, 0, pixels.targets))
    other = walked(model, blocks, relabelled, ANCHORED)
    assert not np.allclose(other.probability[~own], straight.probability[~own], atol=1e-3)


def test_what_is_scored_transductively_is_what_is_mapped(model, blocks, pixels):
    found = walked(model, blocks, pixels, ANCHORED)
    labelled = found.prediction.classes[pixels.rows, pixels.columns]
    assert np.array_equal(found.probability.argmax(1) + 1, labelled)


def test_pixels_without_data_have_no_class_and_smooth_nothing(model, shared, pixels):
    valid = ALL.copy()
    valid[5:8, 3:9] = False
    some = pixels.some(np.flatnonzero(valid[pixels.rows, pixels.columns]))
    found = infer(model, shared, valid, some, Answering(False, WALKER, 1.0), False)
    assert not found.prediction.classes[~valid].any()
    assert np.isnan(found.prediction.confidence[~valid]).all()
    other = shared.values.copy()
    hole = np.pad(~valid, 4)
    blind = replace(shared, values=np.where(hole, np.float32(0), other))
    again = infer(model, blind, valid, some, Answering(False, WALKER, 1.0), False)
    assert (again.prediction.classes > 0).all(where=valid)
