"""The spatial half of CBAM: reweight positions by the mean and the maximum of their channels.

Source: Woo et al., ECCV 2018, eq. 3. https://arxiv.org/abs/1807.06521
"""

from jaxtyping import Float
from torch import Tensor, cat, nn

CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}


class SpatialAttention(nn.Module):
    """Gate each position by a convolution over its neighbours' channel means and maxima.

    Args:
        channels: C, of input and output; any.
        kernel: Odd side of the convolution along every axis, 7 in the paper. Taps that reach
            beyond the opposite border of a small map see only padding.
        axes: How many axes follow the channels, 2 or 3.
    """

    def __init__(self, channels: int, kernel: int, axes: int = 2) -> None:
        super().__init__()
        self.mix = CONVOLUTION[axes](2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return `x` with every position scaled by a weight in (0, 1)."""
        pooled = cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return x * self.mix(pooled).sigmoid()
