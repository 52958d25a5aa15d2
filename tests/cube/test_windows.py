import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.cube.padded import pad
from hsi.cube.windows import add_windows, windows

SIZES = st.sampled_from([1, 3, 5, 9])


def test_window_centre_is_its_pixel_even_at_the_border():
    cube = torch.arange(2 * 4 * 5, dtype=torch.float32).view(2, 4, 5)
    padded = torch.from_numpy(pad(cube.numpy(), 3))
    assert torch.equal(windows(padded, 3)[:, :, :, 1, 1], cube.permute(1, 2, 0))


def test_a_window_holds_its_neighbours_where_they_lie():
    padded = np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    view = windows(torch.from_numpy(padded), 3)
    assert view.shape == (2, 4, 1, 3, 3)
    assert np.array_equal(view[1, 2, 0].numpy(), padded[0, 1:4, 2:5])


def test_windows_are_a_view():
    padded = torch.zeros(2, 8, 9)
    assert windows(padded, 5).untyped_storage().data_ptr() == padded.untyped_storage().data_ptr()


@settings(max_examples=40)
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
