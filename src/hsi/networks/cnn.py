"""The plain convolutional networks that papers compare with: one 2-D, one 3-D.

Both were published for windows of 5 pixels, of which their convolutions without padding leave one
position. Of a larger window they leave more, and the dense layers read all of them.
"""

from torch import nn

from hsi.networks.padded import PaddedConv3d
from hsi.networks.trunk_head import Attend, InputShape, TrunkHead, dense, refuse_unless

MARGIN = 2


def cnn2d(shape: InputShape, attend: Attend, *, batch_norm: bool, dropout: float) -> TrunkHead:
    """Build the 2-D CNN of Makantasis et al., IGARSS 2015 (doi:10.1109/IGARSS.2015.7326945).

    Two 3x3 convolutions of 3 and 9 maps a component, a hidden layer of 6 units a component.
    Attention goes to `conv2d`, after the second.

    Args:
        shape: Sizes to build for; the window is 5 in the paper.
        attend: Makes the attention of a place.
        batch_norm: Normalise after every convolution; the paper does not.
        dropout: Share of units dropped after the hidden layer; the paper has none.

    Raises:
        ValueError: If the window does not fit the convolutions.
    """
    components, window = shape.components, shape.window
    _refuse_small(window, "cnn2d")
    first, second = 3 * components, 9 * components
    trunk: list[nn.Module] = [nn.Flatten(1, 2)]
    for before, after in ((components, first), (first, second)):
        trunk.append(nn.Conv2d(before, after, 3))
        trunk.extend([nn.BatchNorm2d(after)] if batch_norm else [])
        trunk.append(nn.ReLU(inplace=True))
    side = window - 2 * MARGIN
    layers = dense(second * side * side, 6 * components, shape.classes, dropout=dropout)
    head = [*attend("conv2d", second, 2), nn.Flatten(), *layers]
    return TrunkHead(nn.Sequential(*trunk), nn.Sequential(*head), window, MARGIN)


# (maps, kernel, stride, padding over components); Ben Hamida et al. use strides where others pool.
LAYERS_3D = (
    (20, (3, 3, 3), 1, 0),
    (20, (3, 1, 1), 2, 1),
    (35, (3, 3, 3), 1, 1),
    (35, (3, 1, 1), 2, 1),
    (35, (3, 1, 1), 1, 1),
    (35, (2, 1, 1), 2, 1),
)


def cnn3d(shape: InputShape, attend: Attend, *, batch_norm: bool, dropout: float) -> TrunkHead:
    """Build the 3-D CNN of Ben Hamida et al., TGRS 2018 (doi:10.1109/TGRS.2018.2818945).

    Six 3-D convolutions, four of them over the spectrum alone, three with stride 2 there, and one
    dense layer. Attention goes to `conv3d`, the 3-D maps after the last.

    Args:
        shape: Sizes to build for; the window is 5 in the paper.
        attend: Makes the attention of a place.
        batch_norm: Normalise after every convolution; the paper does not.
        dropout: Share of features dropped before the dense layer; the paper drops none.

    Raises:
        ValueError: If the window or the number of components does not fit the convolutions.
    """
    components, window = shape.components, shape.window
    _refuse_small(window, "cnn3d")
    refuse_unless(components >= 3, "reduce.components", components, "cnn3d", "at least 3")
    trunk: list[nn.Module] = []
    maps, depth = 1, components
    for out, kernel, stride, padding in LAYERS_3D:
        trunk.append(PaddedConv3d(maps, out, kernel, (stride, 1, 1), (padding, 0, 0)))
        trunk.extend([nn.BatchNorm3d(out)] if batch_norm else [])
        trunk.append(nn.ReLU(inplace=True))
        maps, depth = out, (depth + 2 * padding - kernel[0]) // stride + 1
    trunk.append(nn.Flatten(1, 2))  # (B, 35, depth, H, W) -> (B, 35 * depth, H, W)
    side = window - 2 * MARGIN
    head: list[nn.Module] = []
    attention = attend("conv3d", maps, 3)
    if attention:
        head = [nn.Unflatten(1, (maps, depth)), *attention]
    head.extend(
        [nn.Flatten(), nn.Dropout(dropout), nn.Linear(maps * depth * side * side, shape.classes)]
    )
    return TrunkHead(nn.Sequential(*trunk), nn.Sequential(*head), window, MARGIN)


def _refuse_small(window: int, name: str) -> None:
    least = 1 + 2 * MARGIN
    fits = window % 2 == 1 and window >= least
    refuse_unless(fits, "patches.window", window, name, f"odd and at least {least}")
