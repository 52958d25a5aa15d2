"""The order of numbers in memory, measured in networks that read whole windows."""

import pytest
from torch import nn

from benchmarks import window_networks
from hsi.networks.image_layers import ChannelsLast


def test_both_orders_take_turns_in_a_network_that_reads_whole_windows(monkeypatch):
    used = []

    def take(action, network, *_):
        last = network.head.forward.__func__ is forward
        used.append((action.__name__, last))
        return 1.0 if last else 3.0

    forward = ChannelsLast.forward
    monkeypatch.setattr(window_networks, "seconds", take)
    row = window_networks.measure("mobilenet_v2", 5)
    assert row == ["mobilenet_v2", "5", *("3.00", "1.00", "3.00") * 2]
    assert used[:4] == [("step", True), ("answer", True), ("step", False), ("answer", False)]
    assert ChannelsLast.forward is forward is not nn.Sequential.forward


@pytest.mark.parametrize("name", ["hybridsn", "cnn2d"])
def test_a_network_that_slides_over_a_scene_is_left_out(name):
    assert window_networks.measure(name, 11) is None
