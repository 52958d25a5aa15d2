import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_models import network

from hsi.patches import EVERYONE, hidden_from, pad
from hsi.pixels import TEST, TRAIN
from hsi.portions import portions
from hsi.windows import add_windows, windows

SIZES = st.sampled_from([1, 3, 5, 9])


def test_window_centre_is_its_pixel_even_at_the_border():
    cube = torch.arange(2 * 4 * 5, dtype=torch.float32).view(2, 4, 5)
    padded = torch.from_numpy(pad(cube.numpy(), 3))
    assert torch.equal(windows(padded, 3)[:, :, :, 1, 1], cube.permute(1, 2, 0))


def test_windows_are_a_view():
    padded = torch.zeros(2, 8, 9)
    assert windows(padded, 5).untyped_storage().data_ptr() == padded.untyped_storage().data_ptr()


@given(size=SIZES, height=st.integers(1, 7), width=st.integers(1, 7), seed=st.integers(0, 99))
def test_adding_windows_is_the_gradient_of_cutting_them(size, height, width, seed):
    torch.manual_seed(seed)
    padded = torch.randn(3, height + size - 1, width + size - 1, requires_grad=True)
    rows, columns = torch.randint(height, (4,)), torch.randint(width, (4,))
    cut = windows(padded, size)[rows, columns]
    some = torch.randn_like(cut)
    (expected,) = torch.autograd.grad(cut, padded, some)
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.bfloat16, 0.05)):
        total = torch.ones(*padded.shape[1:], 3)
        add_windows(total, some.to(dtype), rows, columns)
        torch.testing.assert_close(
            total.permute(2, 0, 1) - 1, expected, atol=tolerance, rtol=tolerance
        )


@given(size=SIZES, height=st.integers(1, 9), width=st.integers(1, 9))
def test_padding_puts_half_a_window_of_zeros_on_each_side(size, height, width):
    cube = np.random.default_rng(0).normal(size=(2, height, width)).astype(np.float32)
    padded = pad(cube, size)
    margin = size // 2
    assert padded.shape == (2, height + size - 1, width + size - 1)
    inner = padded[:, margin : margin + height, margin : margin + width]
    assert np.array_equal(inner, cube)
    assert np.isclose(np.abs(padded).sum(), np.abs(cube).sum())


def test_a_side_sees_shared_and_own_pixels():
    owner = np.array([[EVERYONE, TRAIN, TEST]], np.uint8)
    assert hidden_from(TRAIN, owner).tolist() == [[False, False, True]]
    assert hidden_from(TEST, owner).tolist() == [[False, True, False]]


def test_a_portion_of_windows_stays_near_64_mib_of_copies_and_1_gib_of_activations():
    with torch.device("meta"):
        narrow = network()
        wide = network("se_resnet18")
    before = {name: value.clone() for name, value in narrow.state_dict().items()}
    assert portions(narrow, 30).windows == 2**24 // (64 * 17 * 17)
    assert before.keys() == narrow.state_dict().keys()
    assert not any(module._forward_hooks for module in narrow.modules())
    # stem and first stage: 9 times 64 maps at 25 x 25 of each of convolution and normalisation
    assert 100 < portions(wide, 30).windows < 2**28 / (64 * 25 * 25 * 10)


def test_a_tile_keeps_the_largest_layer_of_the_trunk_near_128_mib():
    with torch.device("meta"):
        sides = {name: portions(network(name), 30).side for name in ("hybridsn", "se_resnet18")}
    assert sides["hybridsn"] == math.isqrt(2**25 // (32 * 18))  # the third convolution
    assert sides["se_resnet18"] == 1024  # no trunk to speak of
