"""A 3-D convolution that is fast on one image too.

On a CPU, torch 2.13 computes a float32 convolution of a single image by a slow kernel if batch *
channels * depth * height is at most 20,480 (`use_mkldnn` of aten/src/ATen/native/Convolution.cpp).
Two images of the same size take oneDNN's kernel, which is up to ten times as fast. A trunk reads
one image, the scene, so the layer cuts a small image into two halves that overlap.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

SMALL = 20_480  # numbers


class Conv3d(nn.Conv3d):
    """`nn.Conv3d`, up to rounding."""

    def forward(self, x: Float[Tensor, "b maps d h w"]) -> Float[Tensor, "b maps2 d2 h2 w2"]:
        """Return the convolved maps."""
        if not self._is_slow(x):
            return super().forward(x)
        kernel = self.kernel_size[1]
        rows = x.shape[3] - kernel + 1  # of the result
        half = (rows + 1) // 2
        halves = torch.cat([x[:, :, :, : half + kernel - 1], x[:, :, :, rows - half :]])
        first, second = super().forward(halves).split(1)
        return torch.cat([first, second[:, :, :, 2 * half - rows :]], 3)

    def _is_slow(self, x: Tensor) -> bool:
        """Return whether torch would take the slow kernel, and halves give the same result."""
        if x.device.type != "cpu" or torch.compiler.is_exporting():
            return False
        can_be_cut = self.padding[1] == 0 and self.stride[1] == 1 and self.dilation[1] == 1
        return can_be_cut and len(x) == 1 and x[0, ..., 0].numel() <= SMALL
