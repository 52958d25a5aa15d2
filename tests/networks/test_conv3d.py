import pytest
import torch
from torch import nn

from hsi.networks.conv3d import SMALL, Conv3d

SETTINGS = {
    "plain": {"kernel_size": (3, 3, 3)},
    "odd": {"kernel_size": (2, 4, 1)},
    "depth": {"kernel_size": (3, 3, 3), "stride": (2, 1, 1), "padding": (1, 0, 0)},
    "padded": {"kernel_size": 3, "padding": 1},  # cannot be cut into halves
    "strided": {"kernel_size": 3, "stride": 2},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize(
    "shape", [(1, 2, 6, 9, 7), (1, 2, 6, 10, 7), (1, 2, 4, 4, 5), (2, 2, 4, 5, 6)]
)
def test_values_and_gradients_are_those_of_torch(settings, shape):
    torch.manual_seed(0)
    ours, plain = Conv3d(2, 3, **settings), nn.Conv3d(2, 3, **settings)
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(shape, requires_grad=True)
    found, expected = ours(x), plain(x)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(found)
    gradients = [
        torch.autograd.grad((maps * weight).sum(), [x, *layer.parameters()])
        for maps, layer in ((found, ours), (expected, plain))
    ]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-5)


def backend(monkeypatch, layer: nn.Conv3d, x: torch.Tensor) -> str:
    """The kernel that torch takes for what the layer gives it."""
    given = []
    forward = nn.Conv3d.forward
    monkeypatch.setattr(nn.Conv3d, "forward", lambda self, x: given.append(x) or forward(self, x))
    layer(x)
    monkeypatch.undo()
    (read,) = given
    sizes = (layer.stride, layer.padding, layer.dilation)
    taken = torch._C._select_conv_backend(
        read, layer.weight, layer.bias, *map(list, sizes), False, [0, 0, 0], 1, [len(layer.weight)]
    )
    return str(taken).rpartition(".")[2]


def test_no_image_takes_the_slow_kernel_of_torch(monkeypatch):
    width, channels, depth = 6, 8, 9
    limit = SMALL // (channels * depth)
    for height in (12, limit, limit + 1):
        x = torch.randn(1, channels, depth, height, width)
        plain = backend(monkeypatch, nn.Conv3d(channels, 2, 3), x)
        assert plain == ("Mkldnn" if height > limit else "Slow3d")
        assert backend(monkeypatch, Conv3d(channels, 2, 3), x) == "Mkldnn"
