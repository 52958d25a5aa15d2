import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from hsi.scores.accuracy import confusion, scores


def test_a_matrix_worked_out_by_hand():
    # true a: 3 right, 1 as b; true b: 1 as a, 1 right
    targets, predicted = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 0, 1])
    result = scores(targets, predicted, ("a", "b"))
    assert result["oa"] == pytest.approx(4 / 6)
    assert result["aa"] == pytest.approx((3 / 4 + 1 / 2) / 2)  # recall; mean precision is the same
    chance = (4 * 4 + 2 * 2) / 36
    assert result["kappa"] == pytest.approx((4 / 6 - chance) / (1 - chance))
    assert result["per_class"]["a"] == {
        "precision": 3 / 4,
        "recall": 3 / 4,
        "f1": 3 / 4,
        "support": 4,
    }
    assert confusion(targets, predicted, 2).tolist() == [[3, 1], [1, 1]]


def test_average_accuracy_is_mean_recall_not_precision():
    targets, predicted = np.array([0] * 8 + [1] * 2), np.array([0] * 4 + [1] * 6)
    assert scores(targets, predicted, ("a", "b"))["aa"] == pytest.approx((4 / 8 + 2 / 2) / 2)


def test_a_class_absent_from_the_test_set_has_no_recall_and_no_say_in_the_average():
    result = scores(np.array([0, 0, 1]), np.array([0, 2, 1]), ("a", "b", "absent"))
    assert result["per_class"]["absent"] == {
        "precision": 0.0,
        "recall": None,
        "f1": None,
        "support": 0,
    }
    assert result["aa"] == pytest.approx((1 / 2 + 1) / 2)


def test_a_class_never_predicted_has_precision_and_recall_zero():
    result = scores(np.array([0, 0, 1]), np.array([0, 0, 0]), ("a", "never"))
    never = result["per_class"]["never"]
    assert (never["precision"], never["recall"], never["f1"]) == (0.0, 0.0, 0.0)
    assert result["aa"] == pytest.approx(1 / 2)


def test_a_class_neither_true_nor_predicted_has_no_scores():
    absent = scores(np.array([0, 1]), np.array([0, 1]), ("a", "b", "c"))["per_class"]["c"]
    assert (absent["precision"], absent["recall"], absent["f1"]) == (None, None, None)


def test_kappa_of_a_single_class_is_undefined():
    assert scores(np.array([0, 0]), np.array([0, 0]), ("a", "b"))["kappa"] is None


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_average_accuracy_is_scikit_learns_balanced_accuracy(pairs):
    targets, predicted = np.array(pairs).T
    # scikit-learn warns of these two, and means the same
    assume(np.isin(predicted, targets).all() and len(np.unique(targets)) > 1)
    expected = balanced_accuracy_score(targets, predicted)
    assert scores(targets, predicted, ("a", "b", "c", "d"))["aa"] == pytest.approx(expected)


def test_classes_of_one_pixel_are_classes():
    targets = np.arange(100)
    result = scores(targets, targets, tuple(f"class {number}" for number in targets))
    assert result["oa"] == result["aa"] == 1
    assert confusion(targets, targets, 100).trace() == 100
