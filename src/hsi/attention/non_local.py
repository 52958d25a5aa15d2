"""Non-local block, embedded Gaussian: every position looks at every other.

Source: Wang et al., CVPR 2018, eq. 1, 4 and 6. https://arxiv.org/abs/1711.07971
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class NonLocal(nn.Module):
    """z = W y + x, with y_i the mean of g(x_j) weighted by softmax_j(theta(x_i) . phi(x_j)).

    Theta, phi, g and W are 1x1 convolutions, written over flattened positions, so any axes may
    follow. W starts at zero and the block as the identity. Phi has no bias: it would add the same
    number to every j, which the softmax cancels, and so would never learn.

    Args:
        channels: C, of input and output.
        reduction: Ratio of C to the embeddings' width, 2 in the paper; at least one channel wide.
        axes: Any number of axes may follow the channels.
    """

    def __init__(self, channels: int, reduction: int, axes: int = 2) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.theta = nn.Conv1d(channels, inner, 1)
        self.phi = nn.Conv1d(channels, inner, 1, bias=False)
        self.g = nn.Conv1d(channels, inner, 1)
        self.out = nn.Conv1d(inner, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return the input plus what each position gathers from all."""
        flat = x.flatten(2)
        # (B, 1, N, C'): one attention head; its N x N weights are never stored as a whole
        query, key, value = (part(flat).mT[:, None] for part in (self.theta, self.phi, self.g))
        gathered = scaled_dot_product_attention(query, key, value, scale=1.0)
        return x + self.out(gathered[:, 0].mT).view_as(x)
