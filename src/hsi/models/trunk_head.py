"""The form every network has: a trunk that may slide over a whole scene, a head of one window."""

from collections.abc import Callable
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

# attend(place, channels, axes after the channels): what attention goes there, one module or none.
Attend = Callable[[str, int, int], list[nn.Module]]


class TrunkHead(nn.Module):
    """head(trunk(x)).

    Attributes:
        trunk: (B, 1, components, H, W) -> (B, C, H - 2 margin, W - 2 margin), for any H and W. It
            commutes with sliding the window: convolutions without padding, normalisation by running
            statistics, pointwise activations. Running it on a scene and cutting windows from the
            result equals running it on windows of the scene.
        head: (B, C, window - 2 margin, window - 2 margin) -> (B, classes), unnormalised: all that
            needs one whole window.
        window: Odd side of the windows that the network reads.
        margin: Pixels that the trunk takes from each side of them.
    """

    def __init__(self, trunk: nn.Module, head: nn.Module, window: int, margin: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.window = window
        self.margin = margin

    def forward(
        self, x: Float[Tensor, "b 1 components window window"]
    ) -> Float[Tensor, "b classes"]:
        """Return unnormalised class scores of each window's centre."""
        return self.head(self.trunk(x))


def dense(*widths: int, dropout: float) -> list[nn.Module]:
    """Return fully connected layers of these widths, the first the input's.

    A ReLU and dropout follow each but the last, which gives the scores.
    """
    layers: list[nn.Module] = []
    for width, after in pairwise(widths):
        layers.extend([nn.Linear(width, after), nn.ReLU(), nn.Dropout(dropout)])
    return layers[:-2]


def refuse_unless(fits: bool, key: str, value: int, network: str, needed: str) -> None:
    """Refuse an input that the arithmetic of a network's convolutions cannot take.

    Raises:
        ValueError: Unless it fits.
    """
    if not fits:
        raise ValueError(f"{key}={value} does not fit {network}, may be {needed}")
