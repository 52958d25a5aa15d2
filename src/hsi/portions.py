"""How much of a scene a network computes in one go, so that memory does not grow with the scene."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from hsi.models.trunk_head import TrunkHead

COPIES = 2**24  # numbers in the windows that a head reads in one go: 64 MiB in float32
HEAD = 2**28  # numbers that it computes of them: 1 GiB
LAYER = 2**25  # numbers in the largest layer of a trunk over one tile: 128 MiB
LARGEST_TILE = 1024


@dataclass(frozen=True)
class Portions:
    """What a network may be given in one go.

    Attributes:
        windows: How many windows its head may read, at least two.
        side: Of the square tiles of a scene that its trunk may slide over, in pixels.
    """

    windows: int
    side: int


def portions(model: TrunkHead, components: int) -> Portions:
    """Weigh a network: run it on torch's meta device, where tensors have a shape and no content."""
    copied, computed, layer = 1, 1, 1  # numbers for each window, each window, each pixel

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal copied, computed, layer
        if module is model.trunk:
            copied = output[0].numel()
        elif module in head:
            computed += output[0].numel()
        else:
            layer = max(layer, output[0].numel() // output[0, 0].shape[-2:].numel())

    head = {each for each in model.head.modules() if not list(each.children())}
    leaves = [each for each in model.trunk.modules() if not list(each.children())]
    watched = {model.trunk, *leaves, *head}
    handles = [each.register_forward_hook(count) for each in watched]
    shadows = {name: value.to("meta") for name, value in model.state_dict().items()}
    two = torch.empty(2, 1, components, model.window, model.window, device="meta")
    functional_call(model, shadows, two)
    for handle in handles:
        handle.remove()
    return Portions(
        windows=max(2, min(COPIES // copied, HEAD // computed)),
        side=min(LARGEST_TILE, math.isqrt(LAYER // layer)),
    )
