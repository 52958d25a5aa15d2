"""What a worker computes from; test_on_cluster.py compares what it answers."""

import numpy as np
import pytest

import hsi
from hsi.inference.on_worker import Mask, software


@pytest.mark.parametrize("rows", [slice(0, 3), slice(4, 9), slice(9, 11)])
def test_a_mask_holds_its_rows_and_those_that_windows_reach(rows):
    valid = np.random.default_rng(0).random((11, 7)) < 0.5
    mask = Mask.of(valid, rows, 2)
    assert mask.rows == slice(max(0, rows.start - 2), min(11, rows.stop + 2))
    found = mask.in_scene(11, 7)
    assert np.array_equal(found[mask.rows], valid[mask.rows])
    found[mask.rows] = False
    assert not found.any()


def test_the_software_is_named_with_the_versions_that_decide():
    assert software().startswith(f"hsi {hsi.__version__} (code ")
    assert {"torch", "NumPy", "Python"} <= set(software().replace(",", "").split())
