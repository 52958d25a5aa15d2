"""Cut a scene into strips of rows, each for one step of training."""

from collections.abc import Iterator

import torch
from jaxtyping import Float32
from torch import Tensor

from hsi.cube.symmetry import SYMMETRIES, apply_symmetry, symmetric_pixels
from hsi.training.samples import Samples


def strips(
    padded: Float32[Tensor, "components height width"],
    samples: Samples,
    window: int,
    count: int,
    augment: bool,
) -> Iterator[tuple[Float32[Tensor, "components strip_height turned_width"], Samples]]:
    """Yield strips of a scene and the training pixels of each, in random order.

    All strips have the same number of training pixels, up to one, and each pixel lies in one. A
    strip holds the windows of its pixels, so `window - 1` rows more than the pixels take. If the
    scene is turned by a quarter, strips consist of its columns.

    Args:
        padded: The padded cube, with the pixels of other sides masked.
        samples: The training pixels.
        window: Odd side of the windows.
        count: Of strips, at most one for each pixel.
        augment: Apply one of the eight symmetries of the square to the scene first, at random.
    """
    if augment:
        symmetry = int(torch.randint(SYMMETRIES, ()))
        shape = (padded.shape[1] - window + 1, padded.shape[2] - window + 1)
        padded = apply_symmetry(padded, symmetry)
        places = symmetric_pixels(samples.rows, samples.columns, shape, symmetry)
        samples = Samples(*places, samples.targets)
    parts = samples.rows.argsort(stable=True).tensor_split(count)
    ends = torch.stack([samples.rows[part[[0, -1]]] for part in parts]).tolist()
    for number in torch.randperm(count).tolist():
        (top, bottom), own = ends[number], samples[parts[number]]
        placed = Samples(own.rows - top, own.columns, own.targets)
        yield padded[:, top : bottom + window], placed
