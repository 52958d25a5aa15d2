"""HybridSN: three 3-D convolutions over (bands, row, column), a 2-D one, three dense layers.

Source: Roy et al., GRSL 2020, Table I. https://arxiv.org/abs/1902.06701
"""

from torch import nn

from hsi.networks.conv3d import Conv3d
from hsi.networks.single_channel_conv3d import SingleChannelConv3d
from hsi.networks.trunk_head import Attend, InputShape, TrunkHead, dense, refuse_unless

KERNELS_3D = ((8, 7), (16, 5), (32, 3))  # (maps, depth over components); each is 3x3 in space
DEPTH_TAKEN = sum(depth - 1 for _, depth in KERNELS_3D)
MAPS_2D = 64
LEAST_WINDOW = 1 + 2 * (len(KERNELS_3D) + 1)


def convolutions_3d(batch_norm: bool) -> tuple[list[nn.Module], int]:
    """Return the 3-D layers, (B, 1, depth, H, W) -> (B, maps, smaller), and how many maps."""
    stack: list[nn.Module] = []  # ReLU may work in place, since nothing else reads its input
    maps = 1
    for out, depth in KERNELS_3D:
        kernel = (depth, 3, 3)
        stack.append(Conv3d(maps, out, kernel) if maps > 1 else SingleChannelConv3d(out, kernel))
        stack.extend([nn.BatchNorm3d(out)] if batch_norm else [])
        stack.append(nn.ReLU(inplace=True))
        maps = out
    return stack, maps


def convolution_2d(channels: int, batch_norm: bool) -> list[nn.Module]:
    """Return the 2-D layers, (B, channels, H, W) -> (B, 64, H - 2, W - 2)."""
    norm = [nn.BatchNorm2d(MAPS_2D)] if batch_norm else []
    return [nn.Conv2d(channels, MAPS_2D, 3), *norm, nn.ReLU(inplace=True)]


def hybridsn(shape: InputShape, attend: Attend, *, batch_norm: bool, dropout: float) -> TrunkHead:
    """Build the published network: 5,122,176 parameters at 30 components, window 25, 16 classes.

    Attention has two places: `conv2d` is after the 2-D convolution, on its 64 maps; `conv3d` is
    after the 3-D convolutions, with maps and depth together as channels (576 at 30 components).

    Args:
        shape: Sizes to build for.
        attend: Makes the attention of a place.
        batch_norm: Normalise after every convolution (240 parameters); the paper does not.
        dropout: Share of units dropped after each of the two hidden dense layers; 0.4 in the paper.

    Raises:
        ValueError: If the window or the number of components does not fit the convolutions.
    """
    components, window = shape.components, shape.window
    name, least = "hybridsn", DEPTH_TAKEN + 1
    refuse_unless(components >= least, "reduce.components", components, name, f"at least {least}")
    refuse_unless(
        window % 2 == 1 and window >= LEAST_WINDOW,
        "patches.window",
        window,
        name,
        f"odd and at least {LEAST_WINDOW}",
    )
    stack, maps = convolutions_3d(batch_norm)
    maps *= components - DEPTH_TAKEN
    stack.append(nn.Flatten(1, 2))  # (B, 32, depth, H, W) -> (B, 32 * depth, H, W)
    flat = convolution_2d(maps, batch_norm)

    side = window - LEAST_WINDOW + 1
    scores = [nn.Flatten(), *dense(MAPS_2D * side * side, 256, 128, shape.classes, dropout=dropout)]
    # Attention pools a whole window, so it and whatever follows it belong to the head.
    head = [*attend("conv2d", MAPS_2D, 2), *scores]
    deep = attend("conv3d", maps, 2)
    margin = len(KERNELS_3D)
    if deep:
        return TrunkHead(nn.Sequential(*stack), nn.Sequential(*deep, *flat, *head), window, margin)
    return TrunkHead(nn.Sequential(*stack, *flat), nn.Sequential(*head), window, margin + 1)
