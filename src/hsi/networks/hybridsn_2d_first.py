"""HybridSN with the order of its parts exchanged: the 2-D convolution first, then the 3-D ones.

A variant of the HybridSN of Roy et al., GRSL 2020, https://arxiv.org/abs/1902.06701. The 2-D
convolution reads the components as channels, and its 64 maps are the depth of the 3-D convolutions.
Nothing reduces their 32 * 52 output maps before the dense layers. At 30 components and window 25
the first dense layer reads 480,896 numbers, and the network has 123 million parameters where
HybridSN has 5 million: 0.5 GB of weights, 2 GB with the gradient and the two moments of Adam.
"""

from torch import nn

from hsi.networks.hybridsn import (
    DEPTH_TAKEN,
    KERNELS_3D,
    LEAST_WINDOW,
    MAPS_2D,
    convolution_2d,
    convolutions_3d,
)
from hsi.networks.trunk_head import Attend, InputShape, TrunkHead, dense, refuse_unless


def hybridsn_2d_first(
    shape: InputShape, attend: Attend, *, batch_norm: bool, dropout: float
) -> TrunkHead:
    """Build the network.

    Attention has two places: `conv3d` is after the 3-D convolutions, with 32 maps and their depth
    of 52 together as 1,664 channels; `conv2d` is on the 64 maps between the parts, and then all
    3-D convolutions run window by window.

    Args:
        shape: Sizes to build for.
        attend: Makes the attention of a place.
        batch_norm: Normalise after every convolution.
        dropout: Share of units dropped after each of the two hidden dense layers.

    Raises:
        ValueError: If the window does not fit the convolutions.
    """
    components, window = shape.components, shape.window
    refuse_unless(
        window % 2 == 1 and window >= LEAST_WINDOW,
        "patches.window",
        window,
        "hybridsn_2d_first",
        f"odd and at least {LEAST_WINDOW}",
    )
    first = [nn.Flatten(1, 2), *convolution_2d(components, batch_norm)]
    stack, maps = convolutions_3d(batch_norm)
    maps *= MAPS_2D - DEPTH_TAKEN
    stack = [nn.Unflatten(1, (1, MAPS_2D)), *stack, nn.Flatten(1, 2)]
    side = window - LEAST_WINDOW + 1
    scores = [nn.Flatten(), *dense(maps * side * side, 256, 128, shape.classes, dropout=dropout)]
    head = [*attend("conv3d", maps, 2), *scores]
    between = attend("conv2d", MAPS_2D, 2)
    if between:
        return TrunkHead(nn.Sequential(*first), nn.Sequential(*between, *stack, *head), window, 1)
    margin = 1 + len(KERNELS_3D)
    return TrunkHead(nn.Sequential(*first, *stack), nn.Sequential(*head), window, margin)
