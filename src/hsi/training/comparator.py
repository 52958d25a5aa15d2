"""Fit a comparator, in the form of a training of one epoch."""

from collections.abc import Iterator
from typing import Any

from jaxtyping import Float32, Int64
from torch import Tensor

from hsi.comparators.comparator import Comparator
from hsi.training.loop import Epoch
from hsi.training.samples import Samples


def fit_comparator(
    comparator: Comparator,
    cube: Float32[Tensor, "components height width"],
    samples: Samples,
    groups: Int64[Tensor, " pixels"],
    seed: int,
    resume: dict[str, Any] | None,
) -> Iterator[Epoch]:
    """Fit `comparator` in place to the components of the training pixels.

    Args:
        comparator: The comparator.
        cube: The reduced cube, without a border.
        samples: The training pixels.
        groups: What cross-validation leaves out together: see `hsi.split.request.Split`.
        seed: Of every random draw.
        resume: An earlier `Epoch.state` of the same comparator, or None; nothing is fitted then.

    Yields:
        One epoch; its loss is the cross-entropy of pixels left out, and its rate is 0.

    Raises:
        ValueError: If the pixels are too few to be fitted to.
    """
    if resume is not None:
        comparator.load_state_dict(resume["model"], assign=True)
        return
    features = cube[:, samples.rows, samples.columns].T
    loss = comparator.fit(features, samples.targets, groups, seed)
    yield Epoch(1, loss, 0.0, {"epoch": 1, "model": comparator.state_dict()})
