"""Both methods of mapping a scene that benchmarks.maps compares."""

import numpy as np

from benchmarks import maps
from benchmarks.networks import COMPONENTS, make
from hsi.cube.padded import PaddedCube


def test_both_methods_that_are_timed_give_the_same_map():
    network = make("hybridsn", "se", None, "cpu", 9)
    values = np.random.default_rng(0).normal(size=(COMPONENTS, 6, 7)).astype(np.float32)
    cube = PaddedCube.of(values, None, 9)
    slow, fast = maps.patchwise(network, cube), maps.whole_scene(network, cube)
    assert slow.shape == (42, 16)
    np.testing.assert_allclose(fast, slow, atol=1e-5)


def test_a_scene_of_noise_has_a_border_for_the_window():
    cube = maps.noise(5)
    assert cube.size == (5, 5)
    assert cube.window == maps.WINDOW
