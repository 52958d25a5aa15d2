import json
from dataclasses import replace

import numpy as np
import pytest
from examples import request

from hsi.cube.pixels import Pixels
from hsi.split.floor import nearest_label
from hsi.split.leakage import leak
from hsi.split.random import random_split
from hsi.split.report import relabelled, report

NAMES = ("a", "b", "c")


@pytest.fixture
def split(truth):
    return random_split(request(truth, 7, 3))


def test_report_counts_each_side_of_each_class(truth, split):
    pixels = Pixels.of_truth(truth, split.sides)
    content = report(pixels, split.owner, NAMES, 9)
    assert (content["train"], content["validation"]) == (21, 9)
    assert content["per_class"]["b"]["train"] == 7
    assert sum(each["test"] for each in content["per_class"].values()) == content["test"]
    assert content["train"] + content["validation"] + content["test"] == (truth > 0).sum()


def test_report_holds_the_leak_and_the_floor_as_plain_numbers(truth, split):
    pixels = Pixels.of_truth(truth, split.sides)
    content = json.loads(json.dumps(report(pixels, split.owner, NAMES, 9)))
    share, shared = leak(pixels, split.owner, 9)
    assert content["test_inside_training_windows"] == share > 0.5
    assert content["shared_pixels"] == shared
    floor, distance = nearest_label(pixels, NAMES)
    assert (content["floor"], content["distance_to_training"]) == (floor, distance)


def test_a_smaller_window_leaks_less(truth, split):
    pixels = Pixels.of_truth(truth, split.sides)
    key = "test_inside_training_windows"
    shares = [report(pixels, split.owner, NAMES, window)[key] for window in (1, 3, 9)]
    assert shares == sorted(shares)
    assert np.unique(shares).size == 3


def test_labels_that_the_truth_lacks_and_those_that_it_has_otherwise_are_counted(truth, split):
    assert relabelled(split, truth) == {"labels_added": 0, "labels_changed": 0}
    own = truth.copy()
    own[0, :4] = 2  # unlabelled in the truth
    own[1, 0] = 3  # class 1
    assert relabelled(replace(split, truth=own), truth) == {
        "labels_added": 4,
        "labels_changed": 1,
    }
