import math

import torch
from examples import network
from torch import nn

from hsi.networks.memory import LARGEST_TILE, memory_limits


def test_windows_at_once_stay_near_64_mib_of_copies_and_1_gib_of_activations():
    with torch.device("meta"):
        narrow = network()
        wide = network("se_resnet18")
    assert narrow.memory_limits(30).pixels == 2**24 // (64 * 17 * 17)
    # stem and first stage: 9 times 64 maps at 25 x 25 of each of convolution and normalisation
    assert 100 < wide.memory_limits(30).pixels < 2**28 / (64 * 25 * 25 * 10)


def test_a_tile_keeps_the_largest_layer_of_the_trunk_near_128_mib():
    with torch.device("meta"):
        names = ("hybridsn", "se_resnet18")
        sides = {name: network(name).memory_limits(30).side for name in names}
    assert sides["hybridsn"] == math.isqrt(2**25 // (32 * 18))  # the third convolution
    assert sides["se_resnet18"] == LARGEST_TILE  # its trunk has no layers


def test_counting_leaves_no_trace_in_the_network():
    model = network(components=13, window=9)  # in training mode, where batch norm keeps statistics
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.memory_limits(13)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_head_however_wide_reads_two_windows():
    with torch.device("meta"):
        head = nn.Sequential(nn.Flatten(), nn.Linear(9, 2**28))
        assert memory_limits(nn.Flatten(1, 2), head, window=3, components=1).pixels == 2
