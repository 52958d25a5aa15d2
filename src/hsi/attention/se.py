"""Squeeze-and-excitation: reweight channels by their global mean.

Source: Hu et al., CVPR 2018, eq. 2-4. https://arxiv.org/abs/1709.01507
"""

from jaxtyping import Float
from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """Gate each channel by a bottleneck MLP of all channel means, whatever axes follow.

    Args:
        channels: C, of input and output.
        reduction: Bottleneck ratio r of the paper, 16 there; the hidden width is max(1, C // r).
        bias: Whether the two layers have biases: the paper's equations have none, its authors'
            published weights do.
        axes: Any number of axes may follow the channels.
    """

    def __init__(self, channels: int, reduction: int, bias: bool, axes: int = 2) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.gate = nn.Sequential(
            nn.Linear(channels, hidden, bias),
            nn.ReLU(),
            nn.Linear(hidden, channels, bias),
            nn.Sigmoid(),
        )

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return `x` with every channel scaled by a weight in (0, 1)."""
        weight = self.gate(x.flatten(2).mean(-1))
        return x * weight.unflatten(1, (-1, *[1] * (x.ndim - 2)))
