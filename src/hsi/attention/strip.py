"""Strip pooling: gate each position by the means of its whole row and its whole column.

Source: Hou et al., CVPR 2020, eq. 2-5. https://arxiv.org/abs/2003.13328
"""

from jaxtyping import Float
from torch import Tensor, nn


class StripPooling(nn.Module):
    """Average along strips, convolve each profile, expand, sum, mix channels, gate.

    In three dimensions there are three profiles, along depth, rows and columns, each the mean over
    the other two axes.

    Args:
        channels: C, of input and output.
        kernel: Odd width of the 1-D convolution along each profile, 3 in the paper.
        reduction: Ratio of C to the width of the profiles after it, 1 in the paper; it costs about
            (axes * kernel + 1) * C * C / reduction parameters.
        axes: How many axes follow the channels, 2 or 3.
    """

    def __init__(self, channels: int, kernel: int, reduction: int, axes: int = 2) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.along = nn.ModuleList(
            nn.Conv1d(channels, inner, kernel, padding=kernel // 2, bias=False) for _ in range(axes)
        )
        self.mix = nn.Conv1d(inner, channels, 1)  # over flattened positions: 1x1 for any axes

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return `x` with every value scaled by a weight in (0, 1)."""
        axes = range(2, x.ndim)
        total = x.new_zeros(())
        for axis, convolve in zip(axes, self.along, strict=True):
            profile = convolve(x.mean([other for other in axes if other != axis]))
            shape = [-1 if other == axis else 1 for other in axes]
            total = total + profile.unflatten(2, shape)
        weight = self.mix(total.flatten(2)).sigmoid()
        return x * weight.view_as(x)
