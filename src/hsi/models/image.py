"""What networks made for photographs share here: how they meet a window of a scene.

An ImageNet network shrinks its 224 pixels to 7 with five strides of 2, two of them in its stem: a
window of 25 pixels would be down to 1. Here the stem keeps the resolution and three strides remain:
25, 13, 7, 4 pixels. The ImageNet form is there for its published parameter counts.

Their convolutions are padded, so a window's border changes what they compute: nothing of them
commutes with sliding. The trunk is the identity, the whole network is the head.
"""

from torch import Tensor, nn

from hsi.models.trunk_head import TrunkHead


class Residual(nn.Module):
    """activation(branch(x) + shortcut(x)): He et al., CVPR 2016, eq. 1-2.

    Args:
        branch: What is learnt; attention stands at its end.
        shortcut: The identity, or what brings the input to the branch's shape.
        activation: What follows the sum.
    """

    def __init__(self, branch: nn.Module, shortcut: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Return the activated sum."""
        return self.activation(self.branch(x) + self.shortcut(x))


def conv_norm(
    before: int, after: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return a padded convolution without bias, with He's initial weights, and its normalisation.

    Source: He et al., ICCV 2015, eq. 14. https://arxiv.org/abs/1502.01852
    """
    convolution = nn.Conv2d(
        before, after, kernel, stride, padding=kernel // 2, groups=groups, bias=False
    )
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return [convolution, nn.BatchNorm2d(after)]


def of_window(
    layers: list[nn.Module], channels: int, classes: int, dropout: float, window: int
) -> TrunkHead:
    """Return layers, the mean over positions and one dense layer, as a head of whole windows."""
    scores = [
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(channels, classes),
    ]
    # (B, 1, components, H, W) -> (B, components, H, W)
    return TrunkHead(nn.Flatten(1, 2), nn.Sequential(*layers, *scores), window, margin=0)


def refuse_without_norm(batch_norm: bool, name: str) -> None:
    """Refuse to build a network without the normalisation that is part of its design.

    Raises:
        ValueError: If it is asked for without.
    """
    if not batch_norm:
        raise ValueError(f"model.batch_norm=false does not fit {name}, may be true")
