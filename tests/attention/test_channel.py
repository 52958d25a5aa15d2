import pytest
from attention.plain import count

from hsi.attention.channel import ChannelAttention


@pytest.mark.parametrize(("reduction", "expected"), [(16, 2 * 64 * 4), (1000, 2 * 64)])
@pytest.mark.parametrize("axes", [2, 3])
def test_number_of_parameters(reduction, axes, expected):
    assert count(ChannelAttention(64, reduction, axes=axes)) == expected
