"""The input added to its gated self (`model.attention_residual`)."""

from jaxtyping import Float
from torch import Tensor, nn


class PlusInput(nn.Module):
    """x + attention(x): a gate of 0 leaves the input as it was rather than silencing it.

    Args:
        attention: Any module that keeps the shape.
    """

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *space"]:
        """Return the sum of input and gated input."""
        return x + self.attention(x)
