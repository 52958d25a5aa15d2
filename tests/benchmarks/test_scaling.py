"""Synthetic scenes in files, and what is measured on them."""

import numpy as np

from benchmarks import scaling
from benchmarks.networks import COMPONENTS


def test_a_scene_stays_in_its_file(tmp_path):
    scaling.write_scene(tmp_path / "cube.npy", 12, 9)
    cube = scaling.open_scene(tmp_path / "cube.npy", 9)
    assert isinstance(cube.values, np.memmap)
    assert (cube.size, cube.components) == ((12, 12), COMPONENTS)
    assert cube.values[:, -1].any()


def test_the_time_of_a_map_is_measured(tmp_path):
    scaling.write_scene(tmp_path / "cube.npy", 12, 9)
    assert scaling.map_seconds(tmp_path / "cube.npy", 9) > 0


def test_the_picture_has_time_and_memory():
    time, memory = scaling.picture([(12, 1.0, 0.5, 100.0), (24, 4.0, 2.0, 100.0)]).axes
    assert time.get_ylabel() == "microseconds a pixel"
    assert len(memory.lines) == 2
