import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from hsi.scores.calibration import (
    calibration,
    coverage,
    entropy,
    fit_temperature,
    reliability,
    scaled,
)

CLASSES = 4


def drawn(pixels: int, seed: int = 0, sharper: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and targets drawn by them; what is returned is sharper than what was drawn."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(0, 2, (pixels, CLASSES))
    honest = softmax(scores, 1)
    targets = (honest.cumsum(1) > generator.random((pixels, 1))).argmax(1)
    return softmax(sharper * scores, 1).astype(np.float32), targets


def test_honest_probabilities_have_no_error_but_noise():
    probability, targets = drawn(40_000)
    assert calibration(probability, targets)["ece"] < 0.01


def test_ece_is_the_gap_between_confidence_and_accuracy():
    probability = np.tile(np.float32([0.9, 0.1]), (10, 1))  # right 6 times in 10
    targets = np.array([0] * 6 + [1] * 4)
    found = calibration(probability, targets)
    assert found["ece"] == pytest.approx(0.3)
    assert found["mean_confidence"] == pytest.approx(0.9)
    assert found["brier"] == pytest.approx(0.6 * 2 * 0.1**2 + 0.4 * 2 * 0.9**2)
    (only,) = reliability(probability, targets)
    assert only["pixels"] == 10
    assert only["lower"] < 0.9 <= only["upper"]
    assert only["accuracy"] == pytest.approx(0.6)


def test_confidences_on_an_edge_and_at_one_are_in_a_bin():
    probability = np.float32([[1, 0], [0.6, 0.4], [0.5, 0.5]])
    bins = reliability(probability, np.array([0, 0, 1]))
    assert sum(each["pixels"] for each in bins) == 3
    assert bins[-1]["upper"] == 1


@pytest.mark.parametrize("sharper", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_how_overconfident_a_network_is(sharper):
    probability, targets = drawn(20_000, sharper=sharper)
    temperature = fit_temperature(probability, targets)
    assert temperature == pytest.approx(sharper, rel=0.06)
    assert calibration(scaled(probability, temperature), targets)["ece"] < 0.015


@settings(max_examples=50)
@given(st.floats(0.1, 10), st.integers(0, 99))
def test_a_temperature_keeps_every_decision_and_equals_dividing_the_scores(temperature, seed):
    scores = np.random.default_rng(seed).normal(0, 2, (20, CLASSES))
    at = scaled(softmax(scores, 1).astype(np.float32), temperature)
    assert np.allclose(at, softmax(scores / temperature, 1), atol=1e-5)
    assert np.array_equal(at.argmax(1), scores.argmax(1))
    assert np.allclose(at.sum(1), 1, atol=1e-5)


def test_certainty_survives_any_temperature():
    certain = np.float32([[1, 0, 0]])
    assert np.array_equal(scaled(certain, 0.1), certain)
    assert np.array_equal(scaled(certain, 5.0), certain)


def test_coverage_leaves_out_the_least_sure_first():
    probability = np.float32([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    curve = {
        round(each["coverage"], 2): each["accuracy"]
        for each in coverage(probability, np.array([0, 0, 1, 1]))
    }
    assert curve[0.01] == 1  # at least one pixel
    assert curve[0.5] == 1
    assert curve[0.75] == pytest.approx(2 / 3)
    assert curve[1.0] == 0.5


def test_entropy_goes_from_certain_to_no_idea():
    probability = np.float32([[[1, 0, 0, 0]], [[0.25, 0.25, 0.25, 0.25]], [[0.5, 0.5, 0, 0]]])
    assert np.allclose(entropy(probability), [[0], [1], [0.5]])
