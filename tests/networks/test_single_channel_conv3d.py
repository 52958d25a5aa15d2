import pytest
import torch

from hsi.networks.single_channel_conv3d import SingleChannelConv3d


@pytest.mark.parametrize("shape", [(1, 1, 9, 6, 7), (3, 1, 4, 3, 5)])
def test_values_and_gradients_are_those_of_torch(shape):
    torch.manual_seed(0)
    ours, plain = SingleChannelConv3d(5, (4, 3, 2)), torch.nn.Conv3d(1, 5, (4, 3, 2))
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(shape, requires_grad=True)
    found, expected = ours(x), plain(x)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(found)
    ours_in, plain_in = ([x, *each.parameters()] for each in (ours, plain))
    torch.testing.assert_close(
        torch.autograd.grad((found * weight).sum(), ours_in),
        torch.autograd.grad((expected * weight).sum(), plain_in),
        atol=1e-5,
        rtol=1e-5,
    )


def test_spectra_are_not_rounded_where_the_rest_is_computed_in_bfloat16():
    torch.manual_seed(0)
    layer, x = SingleChannelConv3d(5, (4, 3, 2)), torch.randn(3, 1, 4, 3, 5)
    exact = layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(x), exact)
        assert layer(x.bfloat16()).dtype == torch.float32
