import pytest
import torch
from attention.plain import count, noise, random
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.attention.spatial import SpatialAttention


@pytest.mark.parametrize("axes", [2, 3])
def test_number_of_parameters(axes):
    assert count(SpatialAttention(64, 7, axes=axes)) == 2 * 7**axes


@pytest.mark.parametrize("axes", [2, 3])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_channels_does_not_matter(axes, seed):
    torch.manual_seed(seed)
    made, x = random("spatial", axes), noise(axes)
    order = torch.randperm(x.shape[1])
    torch.testing.assert_close(made(x[:, order]), made(x)[:, order])
