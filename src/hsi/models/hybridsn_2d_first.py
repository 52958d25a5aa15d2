"""HybridSN turned round: the 2-D convolution over the components first, then the 3-D ones.

A variant of the HybridSN of Roy et al., GRSL 2020, https://arxiv.org/abs/1902.06701. The 64 maps of
the 2-D convolution are the depth of the 3-D ones. Nothing reduces the 32 * 52 maps that come out
before the dense layers: at 30 components and window 25 they hand 480,896 numbers to 256 units, and
the network has 123 million parameters where HybridSN has 5: 0.5 GB of weights, 2 GB with the
gradient and Adam's two moments.
"""

from torch import nn

from hsi.models.hybridsn import (
    DEPTH_TAKEN,
    KERNELS_3D,
    LEAST_WINDOW,
    MAPS_2D,
    convolution_2d,
    convolutions_3d,
)
from hsi.models.trunk_head import Attend, TrunkHead, dense, refuse_unless


def hybridsn_2d_first(
    components: int,
    window: int,
    classes: int,
    *,
    batch_norm: bool,
    dropout: float,
    attend: Attend,
) -> TrunkHead:
    """Build the network.

    Attention goes to `conv3d`, after the 3-D stack, its 32 maps and their depth of 52 laid out as
    1,664 channels, or `conv2d`, the 64 maps between: then all 3-D convolutions run window by
    window.

    Args:
        components: Depth of the input after the band reduction.
        window: Odd side of the input.
        classes: Number of outputs.
        batch_norm: Normalise after every convolution.
        dropout: Share of units dropped after each of the two hidden dense layers.
        attend: Makes the attention of a place.

    Raises:
        ValueError: If the window does not fit the convolutions.
    """
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
    scores = [nn.Flatten(), *dense(maps * side * side, 256, 128, classes, dropout=dropout)]
    head = [*attend("conv3d", maps, 2), *scores]
    between = attend("conv2d", MAPS_2D, 2)
    if between:
        return TrunkHead(nn.Sequential(*first), nn.Sequential(*between, *stack, *head), window, 1)
    margin = 1 + len(KERNELS_3D)
    return TrunkHead(nn.Sequential(*first, *stack), nn.Sequential(*head), window, margin)
