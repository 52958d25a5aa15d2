import pytest
import torch
from attention.plain import SPACE, affine, count, fresh, mean, noise, random
from torch import nn

from hsi.attention.non_local import NonLocal

by_axes = pytest.mark.parametrize("axes", SPACE)


@by_axes
@pytest.mark.parametrize(
    ("reduction", "expected"), [(2, 4 * 64 * 32 + 32 + 32 + 64), (1000, 4 * 64 + 1 + 1 + 64)]
)
def test_number_of_parameters(reduction, expected, axes):
    assert count(NonLocal(64, reduction, axes=axes)) == expected


@by_axes
def test_a_new_block_is_the_identity(axes):
    x = noise(axes).float()
    assert torch.equal(fresh("nonlocal", axes)(x), x)


@by_axes
def test_weights_of_positions_sum_to_one_and_are_positive(axes):
    made, x = random("nonlocal", axes, reduction=1), noise(axes)
    made.out.weight = nn.Parameter(torch.eye(6, dtype=torch.float64)[..., None])
    nn.init.zeros_(made.out.bias)
    gathered, values = (made(x) - x).flatten(2), affine(made.g, x.flatten(2))
    assert (gathered > values.amin(2, keepdim=True) - 1e-9).all()
    assert (gathered < values.amax(2, keepdim=True) + 1e-9).all()
    assert gathered.std() > 0.1
    nn.init.zeros_(made.g.weight)
    torch.testing.assert_close(made(x), x + made.g.bias.view(-1, *[1] * axes))


@by_axes
def test_without_theta_it_gathers_the_mean(axes):
    made, x = random("nonlocal", axes), noise(axes)
    nn.init.zeros_(made.theta.weight)
    nn.init.zeros_(made.theta.bias)
    average = affine(made.out, affine(made.g, mean(x)))
    torch.testing.assert_close(made(x), x + average.view(*average.shape, *[1] * axes))


@by_axes
def test_a_bias_of_phi_would_never_matter(axes):
    made, x = random("nonlocal", axes), noise(axes)
    assert made.phi.bias is None
    without = made(x)
    made.phi.bias = nn.Parameter(torch.randn(3, dtype=torch.float64))
    out = made(x)
    torch.testing.assert_close(out, without)
    (gradient,) = torch.autograd.grad((out * torch.randn_like(x)).sum(), made.phi.bias)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient))
