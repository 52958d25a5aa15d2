from types import SimpleNamespace

import pytest

from benchmarks.drill.case import DOCTOR, FAILED, RIGHT
from benchmarks.drill.kills import (
    command_of,
    experiment_cases,
    last_words,
    repro_cases,
    settled,
)
from benchmarks.drill.workplace import Ended

WELL, ILL = Ended(0, "", 1.0), Ended(1, "before\nERROR: it is locked\nmore", 1.0)


def settle(codes, checks, doctor=0):
    """What comes out, and how often the command and the doctor were asked."""
    codes, checks, asked = list(codes), list(checks), []
    place = SimpleNamespace(doctor=lambda *words: asked.append(words) or Ended(doctor, "", 1.0))
    again = [WELL if code == 0 else ILL for code in codes]
    return settled(lambda: again.pop(0), place, lambda: checks.pop(0), "killed"), len(asked)


def test_what_the_same_command_puts_right_needs_no_doctor():
    outcome, asked = settle([0], [[]])
    assert (outcome.kind, outcome.detail, asked) == (RIGHT, "killed", 0)


def test_what_the_doctor_puts_right_alone_needs_no_third_command():
    outcome, asked = settle([0], [["HEAD is on no branch"], []])
    assert (outcome.kind, outcome.detail, asked) == (DOCTOR, "killed: HEAD is on no branch", 1)


def test_a_command_that_failed_is_given_again_after_the_doctor():
    outcome, _ = settle([1, 0], [[], [], []])
    assert outcome.kind == DOCTOR
    assert "it failed: ERROR: it is locked" in outcome.detail


@pytest.mark.parametrize(
    ("codes", "checks", "doctor"),
    [([0, 0], [["lost"], ["lost"], ["lost"]], 0), ([1, 1], [[], [], []], 0), ([1, 0], [[]] * 3, 1)],
)
def test_what_stays_wrong_is_a_failure(codes, checks, doctor):
    outcome, _ = settle(codes, checks, doctor)
    assert outcome.kind == FAILED


def test_the_last_words_are_an_error_if_there_is_one():
    assert last_words(ILL) == "ERROR: it is locked"
    assert last_words(Ended(1, "first\n last \n\n", 1.0)) == "last"
    assert last_words(Ended(3, "", 1.0)) == "exit code 3"


def test_moments_depend_on_the_seed_alone_and_ways_take_turns():
    prepared = SimpleNamespace(seconds={"repro": 30.0, "exp run": 20.0})

    def moments(seed):
        return [case.run.args[1] for case in repro_cases(prepared, 5, seed)]

    assert moments(1) == moments(1) != moments(2)
    assert all(0 <= moment <= 30 for moment in moments(1))
    assert [case.name for case in experiment_cases(prepared, 4, 1)] == [
        *("exp-0-workspace", "exp-1-temp", "exp-2-queue", "exp-3-workspace")
    ]
    assert command_of("--temp") == ["exp", "run", "--temp", "-S", "train.seed=7"]
