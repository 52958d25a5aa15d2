"""One step over a mini-batch of windows, the classic way."""

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn.functional import cross_entropy

from hsi.cube.symmetry import SYMMETRIES, apply_symmetries
from hsi.cube.windows import windows
from hsi.networks.trunk_head import TrunkHead
from hsi.training.autocast import autocast
from hsi.training.samples import Samples, TrainingRecipe


def window_step(
    network: TrunkHead,
    padded: Float32[Tensor, "components height width"],
    samples: Samples,
    recipe: TrainingRecipe,
) -> Float32[Tensor, ""]:
    """Accumulate the gradient of the mean loss over one mini-batch, and return the loss.

    Args:
        network: The network, in training mode.
        padded: The padded cube, with the pixels of other sides masked.
        samples: The training pixels of the mini-batch.
        recipe: How to train.
    """
    batch = windows(padded, network.window)[samples.rows, samples.columns]
    if recipe.augment:
        symmetry = torch.randint(SYMMETRIES, (len(samples),), device=batch.device)
        batch = apply_symmetries(batch, symmetry)
    with autocast(padded, recipe.precision):
        scores = network(batch.unsqueeze(1))
    loss = cross_entropy(scores.float(), samples.targets, label_smoothing=recipe.smoothing)
    loss.backward()
    return loss.detach()
