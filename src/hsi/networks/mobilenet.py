"""MobileNetV2: inverted residuals, wide between two narrow ends.

Source: Sandler et al., CVPR 2018, Table 2. https://arxiv.org/abs/1801.04381
"""

from torch import nn

from hsi.networks.image_layers import Residual, conv_norm, whole_window_network
from hsi.networks.trunk_head import Attend, InputShape, TrunkHead

# (expansion, channels, blocks, stride of the first) of each stage
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
FIRST, LAST = 32, 1280


def mobilenet_v2(
    shape: InputShape,
    attend: Attend,
    *,
    dropout: float,
    imagenet: bool = False,
) -> TrunkHead:
    """Build MobileNetV2 for windows: its stem and its first two stages keep their resolution.

    Attention goes to `last`, the 1,280 maps before pooling, or `blocks`, the expanded maps of each
    inverted residual, after its depthwise convolution (where MobileNetV3 has it).

    Args:
        shape: Sizes to build for; 25-pixel windows are reduced to 13, 7 and 4 pixels.
        attend: Makes the attention of a place.
        dropout: Share of features dropped before the dense layer; 0.2 in the authors' code.
        imagenet: Build the published strides, for images of 224 pixels.
    """
    layers: list[nn.Module] = [
        *conv_norm(shape.components, FIRST, 3, 2 if imagenet else 1),
        nn.ReLU6(),
    ]
    channels = FIRST
    for stage, (expansion, after, depth, first_stride) in enumerate(STAGES):
        for number in range(depth):
            stride = first_stride if number == 0 and (imagenet or stage > 1) else 1
            wide = expansion * channels
            expand = [*conv_norm(channels, wide, 1), nn.ReLU6()] if expansion > 1 else []
            branch = nn.Sequential(
                *expand,
                *conv_norm(wide, wide, 3, stride, groups=wide),
                nn.ReLU6(),
                *attend("blocks", wide, 2),
                *conv_norm(wide, after, 1),
            )
            same = stride == 1 and channels == after
            layers.append(Residual(branch, nn.Identity(), nn.Identity()) if same else branch)
            channels = after
    layers.extend([*conv_norm(channels, LAST, 1), nn.ReLU6(), *attend("last", LAST, 2)])
    return whole_window_network(layers, LAST, shape, dropout)
