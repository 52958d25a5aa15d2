"""The eight ways to turn and mirror a scene, none of which changes what grows where."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

SYMMETRIES = 8  # four quarter turns, each with and without a mirror


def turned(image: Float[Tensor, "*any h w"], symmetry: int) -> Float[Tensor, "*any h2 w2"]:
    """Mirror left to right if `symmetry` >= 4, then turn `symmetry % 4` quarters to the left."""
    return torch.rot90(image.flip(-1) if symmetry >= 4 else image, symmetry % 4, (-2, -1))


def turned_each(
    images: Float[Tensor, "b c side side"], symmetry: Int64[Tensor, " b"]
) -> Float[Tensor, "b c side side"]:
    """Turn and mirror each image of a batch its own way, without asking a GPU which.

    The same as `turned(images[i], symmetry[i])` for each.
    """

    def where(chosen: Tensor, changed: Tensor) -> Tensor:
        return torch.where(chosen[:, None, None, None], changed, images)

    images = where(symmetry >= 4, images.flip(-1))
    images = where(symmetry % 4 >= 2, images.flip(-2, -1))
    return where(symmetry % 2 == 1, torch.rot90(images, 1, (-2, -1)))


def turned_pixels(
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
    shape: tuple[int, int],
    symmetry: int,
) -> tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]]:
    """Return where `turned` puts the pixels of an image of that (height, width)."""
    height, width = shape
    if symmetry >= 4:
        columns = width - 1 - columns
    for _ in range(symmetry % 4):
        rows, columns = width - 1 - columns, rows
        height, width = width, height
    return rows, columns
