"""Convolutions that pad their input with zeros themselves.

Where a padded axis is shorter than the kernel, torch 2.13 on a CPU (oneDNN) computes a bfloat16
gradient of the weights that depends on memory that nobody wrote: it differs from run to run, and
may be NaN. Padding that is an operation of its own gives the same convolution without that fault.
"""

from torch import Tensor, nn
from torch.nn.functional import pad


class PaddedConv2d(nn.Conv2d):
    """A convolution of images that are padded by half the kernel.

    Args:
        before: Channels of the input.
        after: Channels of the output.
        kernel: Odd side of the kernel.
        stride: Step between outputs.
        groups: Groups of channels that are convolved apart.
    """

    def __init__(self, before: int, after: int, kernel: int, stride: int, groups: int) -> None:
        super().__init__(before, after, kernel, stride, groups=groups, bias=False)
        self.around = [kernel // 2] * 4

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the padded input."""
        return super().forward(pad(x, self.around) if any(self.around) else x)


class PaddedConv3d(nn.Conv3d):
    """A convolution of cubes that are padded along the first of their three axes.

    Args:
        before: Channels of the input.
        after: Channels of the output.
        kernel: Sides of the kernel.
        stride: Step between outputs along the first axis.
        padding: Zeros on both ends of the first axis.
    """

    def __init__(
        self, before: int, after: int, kernel: tuple[int, int, int], stride: int, padding: int
    ) -> None:
        super().__init__(before, after, kernel, (stride, 1, 1))
        self.around = [0, 0, 0, 0, padding, padding]

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the padded input."""
        return super().forward(pad(x, self.around) if any(self.around) else x)
