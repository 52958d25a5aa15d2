"""ResNet, and SE-ResNet with `attention: se`: attention is at the end of each residual branch.

Sources: He et al., CVPR 2016, Table 1, https://arxiv.org/abs/1512.03385; Hu et al., CVPR 2018,
fig. 3, https://arxiv.org/abs/1709.01507. A bottleneck strides in its 3x3 convolution, as in
torchvision.
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from hsi.networks.image_layers import Residual, conv_norm, whole_window_network
from hsi.networks.trunk_head import Attend, InputShape, TrunkHead

WIDTHS = (64, 128, 256, 512)  # of the four stages
# (channels before, width of the stage, stride, whether the first of its stage) -> layers, channels
Branch = Callable[[int, int, int, bool], tuple[list[nn.Module], int]]


def basic(before: int, width: int, stride: int, first: bool) -> tuple[list[nn.Module], int]:
    """Return the residual branch of ResNet-18 and 34: two 3x3 convolutions."""
    layers = [*conv_norm(before, width, 3, stride), nn.ReLU(), *conv_norm(width, width, 3)]
    return layers, width


def bottleneck(before: int, width: int, stride: int, first: bool) -> tuple[list[nn.Module], int]:
    """Return the residual branch of ResNet-50 and deeper: 1x1, 3x3, 1x1 to four times the width."""
    layers = [
        *conv_norm(before, width, 1),
        nn.ReLU(),
        *conv_norm(width, width, 3, stride),
        nn.ReLU(),
        *conv_norm(width, 4 * width, 1),
    ]
    return layers, 4 * width


def stages(
    channels: int, branch: Branch, depths: tuple[int, ...], attend: Attend
) -> tuple[list[nn.Module], int]:
    """Return the residual blocks after a stem, and the channels they end with.

    Args:
        channels: Channels of the stem's output.
        branch: Makes a block's residual branch.
        depths: Blocks of each stage; the stages after the first begin with a stride of 2.
        attend: Makes the attention of `blocks`: on the branch, before the sum.
    """
    blocks: list[nn.Module] = []
    for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True)):
        for number in range(depth):
            stride = 2 if stage > 0 and number == 0 else 1
            layers, after = branch(channels, width, stride, number == 0)
            layers += attend("blocks", after, 2)
            same = stride == 1 and channels == after
            shortcut = [] if same else conv_norm(channels, after, 1, stride)
            blocks.append(Residual(nn.Sequential(*layers), nn.Sequential(*shortcut), nn.ReLU()))
            channels = after
    return blocks, channels


def stem(components: int, imagenet: bool) -> list[nn.Module]:
    """Return the first layers: 3x3 at full resolution, or ImageNet's 7x7 with two strides of 2."""
    if imagenet:
        return [*conv_norm(components, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return [*conv_norm(components, 64, 3), nn.ReLU()]


def resnet(
    branch: Branch,
    depths: tuple[int, ...],
    shape: InputShape,
    attend: Attend,
    *,
    dropout: float,
    imagenet: bool = False,
) -> TrunkHead:
    """Build a residual network for windows: its stem keeps their resolution.

    Args:
        branch: Makes a block's residual branch.
        depths: Blocks of each of the four stages.
        shape: Sizes to build for; 25-pixel windows have 25, 13, 7 and 4 pixels in the stages.
        attend: Makes the attention of a place.
        dropout: Share of features dropped before the dense layer; 0 in the paper.
        imagenet: Build the published stem, for images of 224 pixels.
    """
    blocks, channels = stages(64, branch, depths, attend)
    return whole_window_network(
        [*stem(shape.components, imagenet), *blocks], channels, shape, dropout
    )


se_resnet18 = partial(resnet, basic, (2, 2, 2, 2))
se_resnet34 = partial(resnet, basic, (3, 4, 6, 3))
se_resnet50 = partial(resnet, bottleneck, (3, 4, 6, 3))
se_resnet101 = partial(resnet, bottleneck, (3, 4, 23, 3))
se_resnet152 = partial(resnet, bottleneck, (3, 8, 36, 3))
