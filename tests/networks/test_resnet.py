import pytest
import torch
from examples import network

from hsi.attention.se import SqueezeExcite
from hsi.model import parameter_count
from hsi.networks import resnet
from hsi.networks.image_layers import Residual
from hsi.networks.trunk_head import InputShape


def imagenet(make, attend=lambda place, channels, axes: []) -> int:
    """The number of parameters of the form for images of 224 pixels and 1,000 classes."""
    with torch.device("meta"):
        model = make(InputShape(3, 224, 1000), attend, dropout=0.0, imagenet=True)
        assert model(torch.zeros(2, 1, 3, 224, 224)).shape == (2, 1000)
    return parameter_count(model)


@pytest.mark.parametrize(
    ("make", "published"),
    [
        (resnet.se_resnet18, 11_689_512),
        (resnet.se_resnet34, 21_797_672),
        (resnet.se_resnet50, 25_557_032),
        (resnet.se_resnet101, 44_549_160),
        (resnet.se_resnet152, 60_192_808),
    ],
)
def test_the_imagenet_form_without_attention_has_the_published_counts(make, published):
    assert imagenet(make) == published


@pytest.mark.parametrize(("bias", "published"), [(False, 28_071_976), (True, 28_088_024)])
def test_se_resnet50_has_the_published_count_without_biases_and_with(bias, published):
    def attend(place, channels, axes):
        return [SqueezeExcite(channels, reduction=16, bias=bias, axes=axes)]

    assert imagenet(resnet.se_resnet50, attend) == published


@pytest.mark.parametrize(("name", "blocks"), [("se_resnet18", 8), ("se_resnet50", 16)])
def test_attention_ends_every_residual_branch(name, blocks):
    with torch.device("meta"):
        model = network(name, attention="se")
    branches = [each.branch for each in model.modules() if isinstance(each, Residual)]
    assert len(branches) == blocks
    assert all(isinstance(branch[-1], SqueezeExcite) for branch in branches)


def test_the_four_stages_read_windows_of_25_13_7_and_4_pixels():
    with torch.device("meta"):
        model = network("se_resnet18")
        sides = []
        for block in model.modules():
            if isinstance(block, Residual):
                block.register_forward_hook(lambda *call: sides.append(call[-1].shape[-1]))
        model.eval()(torch.zeros(1, 1, 30, 25, 25))
    assert sides == [25, 25, 13, 13, 7, 7, 4, 4]
