import pytest
import torch
from attention.plain import count, noise, random

from hsi.attention.cbam import ChannelThenSpatial
from hsi.attention.channel import ChannelAttention
from hsi.attention.spatial import SpatialAttention


@pytest.mark.parametrize("axes", [2, 3])
def test_number_of_parameters(axes):
    assert count(ChannelThenSpatial(64, 16, 7, axes=axes)) == 2 * 64 * 4 + 2 * 7**axes


def test_channels_are_weighted_before_positions():
    made, x = random("cbam"), noise()
    channel, spatial = made
    assert isinstance(channel, ChannelAttention)
    assert isinstance(spatial, SpatialAttention)
    assert torch.equal(made(x), spatial(channel(x)))
    assert not torch.allclose(made(x), channel(spatial(x)))
