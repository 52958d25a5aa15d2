import math

import pytest
from attention.plain import count
from hypothesis import given
from hypothesis import strategies as st

from hsi.attention.eca import EfficientChannelAttention, kernel_size


def test_kernels_are_those_of_the_paper():
    # (log2 C + 1) / 2 is 2, 3.5, 4, 4.5, 5, 5.08: halfway between two odd numbers, the larger
    assert [kernel_size(c, 2.0, 1.0) for c in (8, 64, 128, 256, 512, 576)] == [3, 3, 5, 5, 5, 5]


@given(channels=st.integers(1, 4096), gamma=st.floats(0.5, 4), b=st.floats(-15, 15))
def test_the_kernel_is_the_nearest_odd_number(channels, gamma, b):
    exact = abs((math.log2(channels) + b) / gamma)
    assert kernel_size(channels, gamma, b) == max(
        range(1, 99, 2), key=lambda odd: (-abs(odd - exact), odd)
    )


@pytest.mark.parametrize(("channels", "expected"), [(64, 3), (576, 5)])
@pytest.mark.parametrize("axes", [2, 3])
def test_number_of_parameters(channels, axes, expected):
    assert count(EfficientChannelAttention(channels, 2.0, 1.0, axes=axes)) == expected
