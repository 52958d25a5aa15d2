"""The eight symmetries of the square: four quarter turns, each with and without a mirror."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

SYMMETRIES = 8
TURNS = 4  # the first symmetries, which mirror nothing


def apply_symmetry(image: Float[Tensor, "*any h w"], symmetry: int) -> Float[Tensor, "*any h2 w2"]:
    """Mirror an image if `symmetry` >= 4, then make `symmetry % 4` quarter turns to the left."""
    return torch.rot90(image.flip(-1) if symmetry >= 4 else image, symmetry % 4, (-2, -1))


def apply_symmetries(
    images: Float[Tensor, "b c side side"], symmetry: Int64[Tensor, " b"]
) -> Float[Tensor, "b c side side"]:
    """Apply to each image of a batch its own symmetry, without synchronising with the GPU.

    The result is that of `apply_symmetry(images[i], symmetry[i])` for each image.
    """

    def where(chosen: Tensor, changed: Tensor) -> Tensor:
        return torch.where(chosen[:, None, None, None], changed, images)

    images = where(symmetry >= 4, images.flip(-1))
    images = where(symmetry % 4 >= 2, images.flip(-2, -1))
    return where(symmetry % 2 == 1, torch.rot90(images, 1, (-2, -1)))


def symmetric_pixels(
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
    shape: tuple[int, int],
    symmetry: int,
) -> tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]]:
    """Return the places of pixels after `apply_symmetry`, for an image of that (height, width)."""
    height, width = shape
    if symmetry >= 4:
        columns = width - 1 - columns
    for _ in range(symmetry % 4):
        rows, columns = width - 1 - columns, rows
        height, width = width, height
    return rows, columns
