"""The same convolutions as torch's own, with gradients that no leftover memory decides."""

import pytest
import torch
from torch import nn

from hsi.networks.padded import PaddedConv2d, PaddedConv3d


@pytest.mark.parametrize("side", [1, 2, 5])
@pytest.mark.parametrize(
    ("kernel", "stride", "groups"), [(3, 1, 1), (3, 2, 1), (1, 2, 1), (3, 1, 4)]
)
def test_images_are_convolved_as_by_torch(side, kernel, stride, groups):
    torch.manual_seed(0)
    how = {"padding": kernel // 2, "groups": groups, "bias": False}
    ours = PaddedConv2d(4, 8, kernel, stride, **how)
    theirs = nn.Conv2d(4, 8, kernel, stride, **how)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, side, side)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [((3, 3, 3), 1, 1), ((3, 1, 1), 2, 1)])
def test_cubes_are_convolved_as_by_torch(depth, kernel, stride, padding):
    torch.manual_seed(0)
    ours = PaddedConv3d(4, 8, kernel, (stride, 1, 1), (padding, 0, 0))
    theirs = nn.Conv3d(4, 8, kernel, (stride, 1, 1), (padding, 0, 0))
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, depth, 6, 7)
    torch.testing.assert_close(ours(x), theirs(x))


def leave_nan_in_freed_memory():
    for power in range(4, 20):
        torch.full((2**power,), float("nan"))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (PaddedConv3d(20, 35, 3, padding=(1, 0, 0)), (1, 20, 2, 24, 24)),
        (PaddedConv3d(20, 35, (3, 1, 1), padding=(1, 0, 0)), (1, 20, 2, 24, 24)),
        (PaddedConv2d(20, 35, 3, 2, padding=1, bias=False), (4, 20, 1, 1)),
    ],
    ids=["cube", "spectrum", "image"],
)
def test_gradients_in_bfloat16_do_not_depend_on_memory_that_nobody_wrote(layer, shape):
    torch.manual_seed(0)
    x, found = torch.randn(shape), []
    for _ in range(20):
        leave_nan_in_freed_memory()
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            layer(x).float().square().sum().backward()
        found.append(layer.weight.grad.clone())
    assert all(torch.equal(each, found[0]) for each in found)
    assert found[0].isfinite().all()
