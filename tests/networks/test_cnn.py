import torch
from examples import network

from hsi.model import parameter_count


def test_they_are_as_small_as_their_papers_make_them():
    # Makantasis: 3x3 to 90 maps, 3x3 to 270, 180 hidden units, 16 classes
    plain = network("cnn2d", window=5, batch_norm=False)
    expected = (30 * 9 * 90 + 90) + (90 * 9 * 270 + 270) + (270 * 180 + 180) + (180 * 16 + 16)
    assert parameter_count(plain) == expected
    # Ben Hamida: 30 components leave a depth of 4 to 35 maps
    deep = network("cnn3d", window=5, batch_norm=False)
    layers = [20 * 27, 20 * 20 * 3, 35 * 20 * 27, 35 * 35 * 3, 35 * 35 * 3, 35 * 35 * 2]
    assert parameter_count(deep) == sum(layers) + 2 * 20 + 4 * 35 + 35 * 4 * 16 + 16


def test_a_window_of_5_leaves_one_position():
    for name in ("cnn2d", "cnn3d"):
        model = network(name, window=5)
        assert model.trunk(torch.zeros(2, 1, 30, 5, 5)).shape[2:] == (1, 1)
