"""Windows around pixels, as views of one padded cube, and copies of some of them to compute with.

No array in the pipeline holds a copy of a window per pixel: 25x25x30 windows of all of Indian Pines
would take 1.5 GiB in float32, the padded cube takes 3.3 MiB.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.autograd.function import FunctionCtx


def windows(
    padded: Float[Tensor, "channels padded_height padded_width"], size: int
) -> Float[Tensor, "height width channels size size"]:
    """View `padded` as one `size` x `size` window per pixel, without copying.

    Window (row, column) of the result starts at that row and column of `padded`: if `padded` has a
    margin of `size // 2`, it is centred on the same pixel of the cube without margin.
    """
    return padded.unfold(1, size, 1).unfold(2, size, 1).permute(1, 2, 0, 3, 4)


class _Gather(torch.autograd.Function):
    """Copy some windows; the backward pass adds each gradient back where its window stood.

    Autograd's own backward of unfold and indexing fills and scatters the whole strided view, a
    third of a training step. Here it is one index_add over rows of channels.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx, features: Tensor, rows: Tensor, columns: Tensor, size: int
    ) -> Tensor:
        ctx.save_for_backward(rows, columns)
        ctx.shape, ctx.size = features.shape, size  # type: ignore[attr-defined]
        return windows(features, size)[rows, columns]

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        rows, columns = ctx.saved_tensors  # type: ignore[attr-defined]
        channels, height, width = ctx.shape  # type: ignore[attr-defined]
        step = torch.arange(ctx.size, device=rows.device)  # type: ignore[attr-defined]
        start = rows * width + columns
        index = (start[:, None, None] + step[:, None] * width + step).flatten()  # (B * size * size)
        by_pixel = gradient.new_zeros(height * width, channels)
        by_pixel.index_add_(0, index, gradient.permute(0, 2, 3, 1).reshape(-1, channels))
        return by_pixel.view(height, width, channels).permute(2, 0, 1), None, None, None


def gather(
    features: Float[Tensor, "channels padded_height padded_width"],
    rows: Int64[Tensor, " batch"],
    columns: Int64[Tensor, " batch"],
    size: int,
) -> Float[Tensor, "batch channels size size"]:
    """Copy the windows of some pixels, differentiably: `windows(features, size)[rows, columns]`."""
    return _Gather.apply(features, rows, columns, size)  # type: ignore[no-untyped-call]
