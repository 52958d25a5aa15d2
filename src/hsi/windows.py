"""Windows around pixels, as views of one padded cube, and copies of some of them to compute with.

No array in the pipeline holds a copy of a window per pixel: 25x25x30 windows of all of Indian Pines
would take 1.5 GiB in float32, the padded cube takes 3.3 MiB.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.func import functional_call

from hsi.models.trunk_head import TrunkHead


def windows(
    padded: Float[Tensor, "channels padded_height padded_width"], size: int
) -> Float[Tensor, "height width channels size size"]:
    """View `padded` as one `size` x `size` window per pixel, without copying.

    Window (row, column) of the result starts at that row and column of `padded`: if `padded` has a
    margin of `size // 2`, it is centred on the same pixel of the cube without margin.
    """
    return padded.unfold(1, size, 1).unfold(2, size, 1).permute(1, 2, 0, 3, 4)


def windows_at_once(model: TrunkHead, components: int) -> int:
    """Return how many windows a network's head may read in one go, at least two.

    Their copies take at most 64 MiB in float32, and all that the head computes of them about 1 GiB.
    """
    computed = {"trunk": 1, "head": 1}  # numbers for each window

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if module is model.trunk:
            computed["trunk"] = output[0].numel()
        else:
            computed["head"] += output[0].numel()

    leaves = [each for each in model.head.modules() if not list(each.children())]
    handles = [each.register_forward_hook(count) for each in (model.trunk, *leaves)]
    # On torch's meta device everything has a shape and nothing is computed.
    shadows = {name: value.to("meta") for name, value in model.state_dict().items()}
    two = torch.empty(2, 1, components, model.window, model.window, device="meta")
    functional_call(model, shadows, two)
    for handle in handles:
        handle.remove()
    return max(2, min(2**24 // computed["trunk"], 2**28 // computed["head"]))


class _Gather(torch.autograd.Function):
    """Copy some windows; the backward pass adds each gradient back where its window stood.

    Autograd's own backward of unfold and indexing fills and scatters the whole strided view, a
    third of a training step. Here it is one index_add over rows of channels.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx, features: Tensor, rows: Tensor, columns: Tensor, size: int
    ) -> Tensor:
        channels, height, width = features.shape
        step = torch.arange(size, device=features.device)
        start = rows * width + columns
        index = (start[:, None, None] + step[:, None] * width + step).flatten()  # (B * size * size)
        ctx.save_for_backward(index)
        ctx.shape = features.shape  # type: ignore[attr-defined]
        by_pixel = features.permute(1, 2, 0).reshape(height * width, channels)
        picked = by_pixel.index_select(0, index)
        return picked.view(len(rows), size, size, channels).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (index,) = ctx.saved_tensors  # type: ignore[attr-defined]
        channels, height, width = ctx.shape  # type: ignore[attr-defined]
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
