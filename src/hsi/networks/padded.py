"""Convolutions with zeros around their input, also where an axis is shorter than the kernel.

There torch 2.13 on a CPU (oneDNN) computes a bfloat16 gradient of the weights that depends on
memory that nobody wrote: it differs from run to run, and may be NaN. So such an input is padded
before the convolution, which then pads nothing. Other inputs are left to torch, which is faster.
"""

from torch import Tensor, nn
from torch.nn.functional import conv2d, conv3d, pad

from hsi.networks.conv3d import Conv3d


class PaddedConv2d(nn.Conv2d):
    """A convolution of images; the arguments are those of `nn.Conv2d`, with padding by numbers."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the padded input."""
        if not _is_short(self, x):
            return super().forward(x)
        around = _around(self)
        return conv2d(pad(x, around), self.weight, self.bias, self.stride, groups=self.groups)


class PaddedConv3d(Conv3d):
    """A convolution of cubes; the arguments are those of `nn.Conv3d`, with padding by numbers."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the padded input."""
        if not _is_short(self, x):
            return super().forward(x)
        around = _around(self)
        return conv3d(pad(x, around), self.weight, self.bias, self.stride, groups=self.groups)


def _is_short(layer: nn.Conv2d | nn.Conv3d, x: Tensor) -> bool:
    """Return whether a padded axis is shorter than the kernel."""
    sizes = x.shape[-len(layer.kernel_size) :]
    axes = zip(layer.padding, sizes, layer.kernel_size, strict=True)
    return any(padding and size < kernel for padding, size, kernel in axes)


def _around(layer: nn.Conv2d | nn.Conv3d) -> list[int]:
    """Return the zeros on both ends of each axis, the last axis first, as `pad` wants them."""
    numbers = [number for number in layer.padding if isinstance(number, int)]
    return [number for number in reversed(numbers) for _ in range(2)]
