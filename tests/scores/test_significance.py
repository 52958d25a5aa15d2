import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.scores.significance import holm, interval, least_signed_rank, mcnemar, signed_rank


def test_the_interval_covers_the_mean_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(500):
        mean, reach = interval(generator.normal(3, 2, 8))
        hits += abs(mean - 3) <= reach
    assert hits / 500 == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_three_runs_is_students():
    mean, reach = interval(np.array([1.0, 2.0, 3.0]))
    assert mean == 2
    assert reach == pytest.approx(4.302653 / np.sqrt(3))  # t(0.975, 2), and a deviation of 1


def test_one_run_has_no_interval():
    assert interval(np.array([2.0])) == (2.0, float("inf"))


@pytest.mark.parametrize("runs", [3, 5, 8])
def test_the_least_p_is_that_of_runs_that_all_agree(runs):
    agreeing = np.arange(1.0, runs + 1)
    assert signed_rank(agreeing) == pytest.approx(least_signed_rank(runs))
    assert signed_rank(-agreeing) == pytest.approx(least_signed_rank(runs))


def test_runs_that_are_the_same_differ_in_nothing():
    assert signed_rank(np.zeros(8)) == 1
    assert mcnemar(0, 0) == 1


def test_mcnemar_is_a_fair_coin_over_the_pixels_that_differ():
    assert mcnemar(5, 5) == 1
    assert mcnemar(0, 6) == pytest.approx(2 / 2**6)
    assert mcnemar(9, 1) == pytest.approx(mcnemar(1, 9))


def test_holm_follows_its_paper():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_never_lowers_a_p_value_nor_changes_their_order(p_values):
    corrected = holm(p_values)
    assert all(new >= old for new, old in zip(corrected, p_values, strict=True))
    assert max(corrected) <= 1
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= 0).all()
