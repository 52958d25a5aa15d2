"""Limits on what a network computes at once, so that memory does not grow with the scene."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

COPIES = 2**24  # numbers in the windows that a head reads at once: 64 MiB in float32
HEAD = 2**28  # numbers that the head computes from them: 1 GiB
LAYER = 2**25  # numbers in the largest layer of a trunk over one tile: 128 MiB
LARGEST_TILE = 1024


@dataclass(frozen=True)
class MemoryLimits:
    """What a model may be given at once.

    Attributes:
        pixels: How many pixels, each with its window, at least two.
        side: Side of the square tiles into which a scene is cut, in pixels.
    """

    pixels: int
    side: int


def memory_limits(trunk: nn.Module, head: nn.Module, window: int, components: int) -> MemoryLimits:
    """Count the numbers that a network computes, on torch's meta device.

    There tensors have a shape and no content, so nothing is computed.

    Args:
        trunk: As in `hsi.networks.trunk_head.TrunkHead`.
        head: Likewise.
        window: Odd side of the windows.
        components: Components of each pixel.
    """
    copied, computed, layer = 1, 1, 1  # numbers for each window, each window, each pixel

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal copied, computed, layer
        if module is trunk:
            copied = output[0].numel()
        elif module in head_leaves:
            computed += output[0].numel()
        else:
            layer = max(layer, output[0].numel() // output[0, 0].shape[-2:].numel())

    head_leaves = {each for each in head.modules() if not list(each.children())}
    trunk_leaves = [each for each in trunk.modules() if not list(each.children())]
    watched = {trunk, *trunk_leaves, *head_leaves}
    handles = [each.register_forward_hook(count) for each in watched]
    network = nn.Sequential(trunk, head)
    shadows = {name: value.to("meta") for name, value in network.state_dict().items()}
    two = torch.empty(2, 1, components, window, window, device="meta")
    functional_call(network, shadows, two)
    for handle in handles:
        handle.remove()
    return MemoryLimits(
        pixels=max(2, min(COPIES // copied, HEAD // computed)),
        side=min(LARGEST_TILE, math.isqrt(LAYER // layer)),
    )
