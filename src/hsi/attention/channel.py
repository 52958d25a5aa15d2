"""The channel half of CBAM: reweight channels by their mean and their maximum.

Source: Woo et al., ECCV 2018, eq. 2. https://arxiv.org/abs/1807.06521
"""

from jaxtyping import Float
from torch import Tensor, nn


class ChannelAttention(nn.Module):
    """Gate each channel by one MLP shared by all means and all maxima, whatever axes follow.

    Args:
        channels: C, of input and output.
        reduction: Bottleneck ratio r of the paper, 16 there; the hidden width is max(1, C // r).
        axes: Any number of axes may follow the channels.
    """

    def __init__(self, channels: int, reduction: int, axes: int = 2) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.shared = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, channels, bias=False),
        )

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return `x` with every channel scaled by a weight in (0, 1)."""
        flat = x.flatten(2)
        weight = (self.shared(flat.mean(-1)) + self.shared(flat.amax(-1))).sigmoid()
        return x * weight.unflatten(1, (-1, *[1] * (x.ndim - 2)))
