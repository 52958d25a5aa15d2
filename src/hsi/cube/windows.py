"""Windows around pixels, as strided views of one padded cube.

No array in the pipeline holds a copy of the window of every pixel: 25x25x30 windows of all of
Indian Pines would take 1.5 GiB in float32, and the padded cube takes 3.3 MiB.
"""

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor


def windows(
    padded: Float[Tensor, "channels padded_height padded_width"], size: int
) -> Float[Tensor, "height width channels size size"]:
    """View `padded` as one `size` x `size` window per pixel, without copying.

    Window (row, column) of the result starts at that row and column of `padded`. If `padded` has a
    border of `size // 2`, the window is centred on that pixel of the cube without the border.
    """
    return padded.unfold(1, size, 1).unfold(2, size, 1).permute(1, 2, 0, 3, 4)


def add_windows(
    total: Float32[Tensor, "padded_height padded_width channels"],
    some: Float[Tensor, "batch channels size size"],
    rows: Int64[Tensor, " batch"],
    columns: Int64[Tensor, " batch"],
) -> None:
    """Add windows to `total` at their places: the backward pass of `windows(...)[rows, columns]`.

    The backward pass of autograd fills and scatters the whole strided view, which takes a quarter
    of a training step. This function is one `index_add` over rows of channels.
    """
    width, channels = total.shape[1:]
    step = torch.arange(some.shape[-1], device=total.device)
    start = rows * width + columns
    index = (start[:, None, None] + step[:, None] * width + step).flatten()  # (B * size * size)
    by_pixel = some.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1)
    total.view(-1, channels).index_add_(0, index, by_pixel.reshape(-1, channels).to(total.dtype))
