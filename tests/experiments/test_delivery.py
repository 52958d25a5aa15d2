"""Which labels a delivered model is trained on; tests/pipeline trains and delivers one."""

import numpy as np
import pytest

from experiments import delivery
from experiments.delivery import all_labels
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.files import write_array


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "RAW", tmp_path / "raw")
    monkeypatch.setattr(delivery, "SPLIT", tmp_path / "split")
    return tmp_path


def test_all_labels_train_those_of_test_and_those_that_the_split_dropped(here):
    truth = np.array([[1, 1, 0], [2, 2, 2]], np.int32)
    write_array(here / "raw/truth.npy", truth)
    write_array(here / "raw/valid.npy", np.ones((2, 3), bool))
    # Of six pixels one trains, one tests, and one has another label in the user's mask.
    split = Pixels(*np.array([[0, 0, 0, TRAIN], [1, 0, 1, TEST], [1, 2, 0, TEST]]).T)
    split.save(here / "split/pixels.npy")
    found = all_labels()
    assert set(found.sides.tolist()) == {TRAIN}
    places = zip(found.rows.tolist(), found.columns.tolist(), found.targets.tolist(), strict=True)
    assert sorted(places) == [(0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), (1, 2, 0)]
    assert found.targets.dtype == np.int64
