import numpy as np
import pytest
import torch
from examples import probabilities, request, small

from hsi.cube.padded import EVERYONE, PaddedCube
from hsi.cube.pixels import SIDES, TEST, TRAIN, VALIDATION, Pixels
from hsi.inference.scene import as_own_side_sees, infer, predict_scene
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
    projection, _ = fit_pca(cube, split.owner == TRAIN, 13, whiten=True)
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


def test_the_prediction_is_class_confidence_and_entropy_of_every_pixel(model, shared, pixels):
    prediction, probability = predict_scene(model, shared, pixels, turns=False, temperature=2.0)
    rows, columns = (each.ravel() for each in np.indices(shared.size))
    every = probabilities(model, shared, None, rows, columns, turns=False)
    answers = scaled(every, 2.0)
    assert np.array_equal(prediction.classes.ravel(), every.argmax(1) + 1)
    np.testing.assert_allclose(prediction.confidence.ravel(), answers.max(1), atol=1e-6)
    np.testing.assert_allclose(prediction.entropy.ravel(), entropy(answers), atol=1e-5)
    numbers = pixels.rows * shared.size[1] + pixels.columns
    np.testing.assert_allclose(probability, every[numbers], atol=1e-6)  # at temperature 1


def test_a_scene_without_labels_is_predicted_all_the_same(model, shared, pixels):
    prediction, none = predict_scene(model, shared, None, turns=False, temperature=1.0)
    same, _ = predict_scene(model, shared, pixels, turns=False, temperature=1.0)
    assert none.shape == (0, 3)
    assert np.array_equal(prediction.classes, same.classes)


def test_the_model_runs_once_over_a_scene_of_which_all_sides_see_all(model, shared, pixels):
    found = infer(model, shared, pixels, turns=False, fit_to_validation=False)
    assert len(model.ran) == TILES
    assert found.temperature == 1.0
    labelled = found.probability
    assert np.array_equal(
        labelled.argmax(1) + 1, found.prediction.classes[pixels.rows, pixels.columns]
    )
    assert np.array_equal(labelled.max(1), found.prediction.confidence[pixels.rows, pixels.columns])


def test_scored_answers_hide_other_sides_and_the_map_hides_nothing(model, blocks, shared, pixels):
    found = infer(model, blocks, pixels, turns=False, fit_to_validation=False)
    assert len(model.ran) <= TILES * (1 + len(SIDES))
    for side in SIDES.values():
        own = pixels.on(side)
        expected = probabilities(model, blocks, side, own.rows, own.columns, turns=False)
        np.testing.assert_allclose(found.probability[pixels.sides == side], expected, atol=1e-6)
    free, answers = predict_scene(model, shared, pixels, turns=False, temperature=1.0)
    assert np.array_equal(found.prediction.classes, free.classes)
    assert np.array_equal(found.prediction.confidence, free.confidence)
    assert not np.allclose(found.probability, answers, atol=1e-4)


def test_turns_reach_both_the_map_and_the_scored_answers(model, blocks, pixels):
    still, turned = (
        infer(model, blocks, pixels, turns=turns, fit_to_validation=False)
        for turns in (False, True)
    )
    assert not np.allclose(still.probability, turned.probability, atol=1e-4)
    assert not np.allclose(still.prediction.confidence, turned.prediction.confidence, atol=1e-4)


@pytest.mark.parametrize("hidden", [False, True], ids=["shared", "blocks"])
def test_the_temperature_is_fitted_to_validation_pixels_and_sharpens_all(
    model, blocks, shared, pixels, hidden
):
    cube = blocks if hidden else shared
    before = infer(model, cube, pixels, turns=False, fit_to_validation=False)
    found = infer(model, cube, pixels, turns=False, fit_to_validation=True)
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
    straight = as_own_side_sees(model, blocks, pixels, turns=False)
    found = as_own_side_sees(model, blocks, mixed, turns=False)
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
    answers = [as_own_side_sees(model, cube, tested, turns) for cube in cubes]
    assert np.array_equal(*answers)
    nothing_hidden = probabilities(model, cubes[0], None, tested.rows, tested.columns, turns)
    assert not np.array_equal(answers[0], nothing_hidden)
