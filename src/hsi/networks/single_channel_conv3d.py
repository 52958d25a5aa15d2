"""A 3-D convolution of a single input channel, computed as 2-D convolutions.

A network's first 3-D convolution is one. The 3-D kernels of torch are built for many channels, and
are slow with one on a CPU.
"""

from contextlib import nullcontext

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv2d


class SingleChannelConv3d(nn.Conv3d):
    """`nn.Conv3d(1, maps, kernel)` without padding and strides, up to rounding.

    Each depth of the output is a 2-D convolution whose channels are the depths that it reads. The
    layer always computes in the precision of its weights: it is a small share of a network's work,
    and it reads the spectra themselves.

    Args:
        maps: Of the output.
        kernel: Depth, height and width.
    """

    def __init__(self, maps: int, kernel: tuple[int, int, int]) -> None:
        super().__init__(1, maps, kernel)

    def forward(self, input: Float[Tensor, "b 1 d h w"]) -> Float[Tensor, "b maps d2 h2 w2"]:
        """Return the convolved maps."""
        device = input.device.type
        known = torch.amp.is_autocast_available(device)  # it is not on the meta device
        with torch.autocast(device, enabled=False) if known else nullcontext():
            depths = input[:, 0].to(self.weight.dtype).unfold(1, self.kernel_size[0], 1)
            layers = depths.permute(0, 1, 4, 2, 3).flatten(0, 1)  # (B * d2, depth of kernel, h, w)
            maps = conv2d(layers, self.weight[:, 0], self.bias)
            return maps.unflatten(0, depths.shape[:2]).transpose(1, 2).contiguous()
