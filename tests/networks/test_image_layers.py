import math

import torch
from examples import network
from torch import nn

from hsi.networks.image_layers import ChannelsLast, Residual, conv_norm, whole_window_network
from hsi.networks.trunk_head import InputShape


def test_a_residual_activates_the_sum_of_branch_and_shortcut():
    branch, shortcut = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1)
    x = torch.randn(3, 2, 4, 5)
    found = Residual(branch, shortcut, nn.ReLU())(x)
    assert torch.equal(found, (branch(x) + shortcut(x)).relu())


def test_convolutions_keep_the_size_and_start_with_hes_weights():
    torch.manual_seed(0)
    convolution, norm = conv_norm(64, 128, 3)
    assert convolution.bias is None
    assert norm.num_features == 128
    assert convolution(torch.zeros(1, 64, 7, 6)).shape == (1, 128, 7, 6)
    assert conv_norm(64, 128, 3, stride=2)[0](torch.zeros(1, 64, 7, 6)).shape == (1, 128, 4, 3)
    expected = math.sqrt(2 / (128 * 9))  # fan-out
    assert abs(convolution.weight.std().item() / expected - 1) < 0.02


def test_the_head_reads_the_mean_over_the_whole_window():
    layer = nn.Conv2d(2, 5, 1)
    model = whole_window_network([layer], 5, InputShape(2, 3, 4), dropout=0.5).eval()
    x = torch.randn(6, 1, 2, 3, 3)
    assert (model.window, model.margin) == (3, 0)
    assert torch.equal(model.trunk(x), x[:, 0])
    expected = model.head[-1](layer(x[:, 0]).mean((2, 3)))
    torch.testing.assert_close(model(x), expected)


def test_another_order_in_memory_changes_neither_results_nor_names_of_weights():
    torch.manual_seed(0)
    layers = [*conv_norm(8, 16, 3), nn.ReLU(), *conv_norm(16, 4, 1, stride=2)]
    plain, last = nn.Sequential(*layers).eval(), ChannelsLast(*layers).eval()
    x = torch.randn(3, 8, 5, 5, requires_grad=True)
    found, expected = last(x), plain(x)
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(each.square().sum(), x)[0] for each in (found, expected)]
    torch.testing.assert_close(*gradients)
    assert list(last.state_dict()) == list(plain.state_dict())


def test_networks_for_images_are_always_normalised_and_have_no_setting_for_it():
    with torch.device("meta"):
        model = network("se_resnet34", batch_norm=False)
    convolutions = [each for each in model.modules() if isinstance(each, nn.Conv2d)]
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    assert len(norms) == len(convolutions) > 30
