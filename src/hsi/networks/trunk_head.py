"""The form of every network: a trunk that slides over a scene, and a head that reads one window."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn
from torch.nn.functional import conv2d

from hsi.cube.windows import windows
from hsi.networks.memory import COPIES, MemoryLimits, memory_limits

# attend(place, channels, axes after the channels) returns the attention there: one module or none.
Attend = Callable[[str, int, int], list[nn.Module]]


@dataclass(frozen=True)
class InputShape:
    """The sizes that a network is built for.

    Attributes:
        components: Components of each pixel after the reduction of bands.
        window: Odd side of the windows, in pixels.
        classes: Number of outputs.
    """

    components: int
    window: int
    classes: int


class TrunkHead(nn.Module):
    """head(trunk(x)).

    Attributes:
        trunk: (B, 1, components, H, W) -> (B, C, H - 2 margin, W - 2 margin), for any H and W. It
            commutes with sliding the window: convolutions without padding, normalisation by running
            statistics, pointwise activations. Running it on a scene and cutting windows from the
            result equals running it on windows of the scene.
        head: (B, C, window - 2 margin, window - 2 margin) -> (B, classes), unnormalised. It holds
            everything that needs one whole window.
        window: Odd side of the windows that the network reads.
        margin: Pixels that the trunk's convolutions remove from each side of a window.
        label_smoothing: The share of each label that training spread over all classes.
    """

    label_smoothing: Tensor

    def __init__(self, trunk: nn.Module, head: nn.Module, window: int, margin: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.window = window
        self.margin = margin
        self.register_buffer("label_smoothing", torch.zeros(()))

    def forward(
        self, x: Float[Tensor, "b 1 components window window"]
    ) -> Float[Tensor, "b classes"]:
        """Return unnormalised class scores of the centre pixel of each window."""
        return self.head(self.trunk(x))

    def memory_limits(self, components: int) -> MemoryLimits:
        """Return how much of a scene the network may be given at once."""
        return memory_limits(self.trunk, self.head, self.window, components)

    def probabilities(
        self,
        tile: Float32[Tensor, "components tile_height tile_width"],
        pixels: tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]] | None,
        at_once: int,
    ) -> Float32[Tensor, "some classes"]:
        """Return class probabilities: the trunk runs once, the head on windows of its output.

        Args:
            tile: Part of a scene with `window // 2` pixels around it.
            pixels: Row and column in that part of the pixels to classify; None to classify all, in
                reading order.
            at_once: How many windows the head reads at once.
        """
        size = self.window - 2 * self.margin
        maps = self.trunk(tile[None, None]).squeeze(0)
        layers = _dense_layers(self.head)
        if pixels is None and layers and maps.is_cpu and not self.training:
            return self.probabilities_of(_slide(layers, maps, size))
        view = windows(maps, size)
        if pixels is not None:
            indices = list(zip(*(each.split(at_once) for each in pixels), strict=True))
        else:  # whole rows of windows, or pieces of one row: neighbours are copied faster
            height, width = view.shape[:2]
            long, many = min(width, at_once), max(1, at_once // width)
            indices = [
                (slice(top, top + many), slice(left, left + long))
                for top in range(0, height, many)
                for left in range(0, width, long)
            ]
        scores = [self.head(view[index].reshape(-1, *view.shape[2:])) for index in indices]
        return self.probabilities_of(torch.cat(scores))

    def probabilities_of(
        self, scores: Float[Tensor, "some classes"]
    ) -> Float[Tensor, "some classes"]:
        """Return the class probabilities that the network's scores stand for.

        With label smoothing s, the cross-entropy of K classes is least where the softmax is
        (1 - s) p + s / K for true probabilities p (Szegedy et al. 2016, section 7,
        https://arxiv.org/abs/1512.00567). So p is computed from the softmax; it has no negative
        numbers.
        """
        share = self.label_smoothing / scores.shape[1]
        above = (scores.softmax(1) - share).clamp(min=0)
        return above / above.sum(1, keepdim=True)


def _dense_layers(head: nn.Module) -> list[nn.Module]:
    """Return the layers of a head that begins with a dense one, without dropout; else none."""
    if not isinstance(head, nn.Sequential):
        return []
    layers = [each for each in head if not isinstance(each, nn.Dropout)]
    return layers if [type(each) for each in layers[:2]] == [nn.Flatten, nn.Linear] else []


def _slide(
    layers: list[nn.Module], maps: Float[Tensor, "channels height width"], size: int
) -> Float[Tensor, "pixels classes"]:
    """Return the scores of every window in reading order.

    A dense layer that reads every window is a convolution whose kernel is as large as the window.
    Computed so, no window is copied.
    """
    first, after = layers[1], nn.Sequential(*layers[2:])
    assert isinstance(first, nn.Linear)
    kernel = first.weight.view(-1, len(maps), size, size)
    height, width = maps.shape[1] - size + 1, maps.shape[2] - size + 1
    rows = max(1, COPIES // (width * len(kernel)))  # of windows at once
    scores = []
    for top in range(0, height, rows):
        part = maps[None, :, top : top + rows + size - 1]
        found = conv2d(part, kernel, first.bias)[0]  # (units, rows, width)
        scores.append(after(found.flatten(1).T))
    return torch.cat(scores)


def dense(*widths: int, dropout: float) -> list[nn.Module]:
    """Return fully connected layers between these widths, of which the first is the input's.

    ReLU and dropout follow every layer but the last, which returns the class scores.
    """
    layers: list[nn.Module] = []
    for width, after in pairwise(widths):
        layers.extend([nn.Linear(width, after), nn.ReLU(), nn.Dropout(dropout)])
    return layers[:-2]


def refuse_unless(fits: bool, key: str, value: int, network: str, needed: str) -> None:
    """Refuse an input whose size does not fit the convolutions of a network.

    Raises:
        ValueError: Naming the key, unless it fits.
    """
    if not fits:
        raise ValueError(f"{key}={value} does not fit {network}, may be {needed}")
