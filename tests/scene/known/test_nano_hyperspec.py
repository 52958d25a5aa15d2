import numpy as np
import pytest

from hsi.scene.known.nano_hyperspec import HANCHUAN, HONGHU, LONGKOU

# Shares of labelled pixels, as a registry of scenes states them.
SHARES = {"LongKou": 0.9297, "HanChuan": 0.6984, "HongHu": 0.8661}


@pytest.mark.parametrize("scene", [LONGKOU, HANCHUAN, HONGHU], ids=SHARES)
def test_a_scene_is_labelled_as_densely_as_stated(scene):
    height, width, _ = scene.shape
    share = sum(each.pixels for each in scene.classes) / (height * width)
    assert share == pytest.approx(SHARES[scene.cube.key.rpartition("_")[2]], abs=5e-5)


@pytest.mark.parametrize("scene", [LONGKOU, HANCHUAN, HONGHU], ids=SHARES)
def test_the_variable_has_the_name_of_the_file(scene):
    for file in (scene.cube, scene.truth):
        assert file.name == f"{file.key}.mat"


@pytest.mark.parametrize("scene", [LONGKOU, HANCHUAN, HONGHU], ids=SHARES)
def test_the_false_colours_are_near_infrared_red_and_green_of_even_bands(scene):
    even = np.linspace(400, 1000, scene.shape[2])
    np.testing.assert_allclose(even[list(scene.false_colour)], [850, 650, 550], atol=2)
