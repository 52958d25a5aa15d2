"""HybridSN: three 3-D convolutions over (bands, row, column), a 2-D one, three dense layers.

Source: Roy et al., GRSL 2020, Table I. https://arxiv.org/abs/1902.06701
"""

from collections.abc import Callable, Collection

from torch import nn

from hsi.models.trunk_head import TrunkHead

KERNELS_3D = ((8, 7), (16, 5), (32, 3))  # (maps, depth over components); each is 3x3 in space
MAPS_2D = 64
LEAST_COMPONENTS = 1 + sum(depth - 1 for _, depth in KERNELS_3D)
LEAST_WINDOW = 1 + 2 * (len(KERNELS_3D) + 1)


def hybridsn(
    components: int,
    window: int,
    classes: int,
    *,
    batch_norm: bool,
    dropout: float,
    attention: Callable[[int], nn.Module] | None,
    attention_at: Collection[str],
) -> TrunkHead:
    """Build the published network; at 30 components, window 25 and 16 classes 5,122,176 parameters.

    Args:
        components: Depth of the input after the band reduction.
        window: Odd side of the input.
        classes: Number of outputs.
        batch_norm: Normalise after every convolution (240 parameters); the paper does not.
        dropout: Share of units dropped after each of the two hidden dense layers; 0.4 in the paper.
        attention: Makes a module from a channel count; None for the network as published.
        attention_at: Where it goes in: `conv3d` (after the 3-D stack, on its maps and their
            components laid out as channels), `conv2d` (after the 2-D convolution), or both.

    Raises:
        ValueError: If the window or the number of components does not fit the convolutions.
    """
    if components < LEAST_COMPONENTS:
        raise ValueError(
            f"reduce.components={components} is too few for hybridsn: at least {LEAST_COMPONENTS}"
        )
    if window % 2 == 0 or window < LEAST_WINDOW:
        raise ValueError(
            f"patches.window={window} does not fit hybridsn: odd and at least {LEAST_WINDOW}"
        )

    stack: list[nn.Module] = []
    maps = 1
    for out, depth in KERNELS_3D:
        stack.append(nn.Conv3d(maps, out, (depth, 3, 3)))
        stack.extend([nn.BatchNorm3d(out)] if batch_norm else [])
        stack.append(nn.ReLU())
        maps = out
    maps *= components - LEAST_COMPONENTS + 1
    stack.append(nn.Flatten(1, 2))  # (B, 32, depth, H, W) -> (B, 32 * depth, H, W)

    flat: list[nn.Module] = [nn.Conv2d(maps, MAPS_2D, 3)]
    flat.extend([nn.BatchNorm2d(MAPS_2D)] if batch_norm else [])
    flat.append(nn.ReLU())

    side = window - LEAST_WINDOW + 1
    dense: list[nn.Module] = [
        nn.Flatten(),
        nn.Linear(MAPS_2D * side * side, 256),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(128, classes),
    ]
    # Attention pools a whole window, so it and whatever follows it belong to the head.
    if attention is not None and "conv2d" in attention_at:
        dense.insert(0, attention(MAPS_2D))
    if attention is not None and "conv3d" in attention_at:
        head = nn.Sequential(attention(maps), *flat, *dense)
        return TrunkHead(nn.Sequential(*stack), head, window, margin=len(KERNELS_3D))
    trunk = nn.Sequential(*stack, *flat)
    return TrunkHead(trunk, nn.Sequential(*dense), window, margin=len(KERNELS_3D) + 1)
