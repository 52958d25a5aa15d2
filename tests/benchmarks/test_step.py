"""What benchmarks.step chooses between."""

import inspect
import subprocess
from unittest import mock

import pytest
import torch

from benchmarks import step
from benchmarks.networks import make
from hsi.cube.windows import add_windows
from hsi.networks import conv3d
from hsi.training import scene_step


def test_the_backward_pass_of_autograd_adds_the_same_windows():
    some = torch.randn(4, 3, 5, 5)
    rows, columns = torch.tensor([0, 1, 1, 2]), torch.tensor([3, 0, 0, 2])
    ours, theirs = torch.zeros(7, 8, 3), torch.zeros(7, 8, 3)
    add_windows(ours, some, rows, columns)
    step.add_by_autograd(theirs, some, rows, columns)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("choice", ["autograd", "channels_last", "conv3d"])
def test_a_choice_takes_effect(choice):
    network = make("hybridsn", "none", None, "cpu", 9)
    try:
        step.prepare(choice, network)
        if choice == "autograd":
            assert scene_step.add_windows is step.add_by_autograd
        elif choice == "conv3d":
            assert conv3d.SMALL == 0
        else:
            weights = [each for each in network.parameters() if each.dim() == 4]
            assert all(each.is_contiguous(memory_format=torch.channels_last) for each in weights)
    finally:
        mock.patch.stopall()


def test_every_choice_is_one_that_prepare_knows():
    code = inspect.getsource(step.prepare)
    for choice in {*step.CHOICES, *step.GPU_CHOICES} - {"bfloat16"}:
        assert f'"{choice}"' in code


def test_choices_take_turns(monkeypatch):
    asked = []

    def pretend(command, text):
        asked.append(command[-2:])
        return f"{len(asked)} 0.5\n"

    monkeypatch.setattr(subprocess, "check_output", pretend)
    table = step.measure_in_turn({"a": "one way", "b": "another"}, "scene")
    assert asked == [["a", "scene"], ["b", "scene"]] * step.ROUNDS
    assert "| one way | 0.500 | 0.500 | 0.500 | 3.0 |" in table


def test_a_step_is_measured(monkeypatch):
    monkeypatch.setattr(step, "SCENE", 12)
    monkeypatch.setattr(step, "PIXELS", 5)
    monkeypatch.setattr(step, "STEPS", 1)
    first, later = step.measure("float32", "scene")
    assert first > 0 < later
