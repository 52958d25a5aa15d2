import torch

from hsi.model import parameter_count
from hsi.networks.res2net import Cascade, res2net50
from hsi.networks.trunk_head import InputShape


def test_the_imagenet_form_has_25_70_million_parameters():
    with torch.device("meta"):
        shape, nowhere = InputShape(3, 224, 1000), lambda place, channels, axes: []
        model = res2net50(shape, nowhere, dropout=0.0, imagenet=True)
        assert model(torch.zeros(2, 1, 3, 224, 224)).shape == (2, 1000)
    assert f"{parameter_count(model) / 1e6:.2f}" == "25.70"


def test_each_group_of_channels_adds_the_result_of_the_group_before():
    torch.manual_seed(0)
    cascade = Cascade(width=2, stride=1, first=False).eval()
    x = torch.randn(3, 8, 5, 5)
    x1, x2, x3, x4 = x.split(2, 1)
    k1, k2, k3 = cascade.convolutions
    y1 = k1(x1)
    y2 = k2(x2 + y1)
    y3 = k3(x3 + y2)
    assert torch.equal(cascade(x), torch.cat([y1, y2, y3, x4], 1))


def test_the_first_block_of_a_stage_adds_nothing_and_averages_the_last_group():
    torch.manual_seed(0)
    cascade = Cascade(width=2, stride=2, first=True).eval()
    x = torch.randn(3, 8, 6, 6)
    *groups, last = x.split(2, 1)
    parts = [convolve(each) for convolve, each in zip(cascade.convolutions, groups, strict=True)]
    means = torch.nn.functional.avg_pool2d(last, 3, 2, padding=1)
    assert torch.equal(cascade(x), torch.cat([*parts, means], 1))
