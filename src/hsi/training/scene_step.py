"""One step over a whole scene: the trunk runs once, the head on windows of its output."""

import math

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from hsi.cube.symmetry import SYMMETRIES, apply_symmetry, symmetric_pixels
from hsi.cube.windows import add_windows, windows
from hsi.networks.trunk_head import TrunkHead
from hsi.training.autocast import autocast
from hsi.training.samples import Samples, TrainingRecipe


def scene_step(
    network: TrunkHead,
    padded: Float32[Tensor, "components height width"],
    samples: Samples,
    recipe: TrainingRecipe,
    at_once: int,
) -> Float32[Tensor, ""]:
    """Accumulate the gradient of the mean loss over all samples, and return the loss.

    Args:
        network: The network, in training mode.
        padded: The padded cube, with the pixels of other sides masked.
        samples: The training pixels.
        recipe: How to train.
        at_once: How many windows the head reads at once.
    """
    if recipe.augment:
        symmetry = int(torch.randint(SYMMETRIES, ()))
        shape = (padded.shape[1] - network.window + 1, padded.shape[2] - network.window + 1)
        padded = apply_symmetry(padded, symmetry)
        places = symmetric_pixels(samples.rows, samples.columns, shape, symmetry)
        samples = Samples(*places, samples.targets)
    with autocast(padded, recipe.precision):
        features = network.trunk(padded[None, None]).squeeze(0)  # (C, H - 2 margin, W - 2 margin)
    loss, gradient = head_step(network, features, samples, recipe, at_once)
    if features.requires_grad:  # some trunks have no weights
        features.backward(gradient)
    return loss


def head_step(
    network: TrunkHead,
    features: Float[Tensor, "channels height width"],
    samples: Samples,
    recipe: TrainingRecipe,
    at_once: int,
) -> tuple[Float32[Tensor, ""], Float[Tensor, "channels height width"]]:
    """Accumulate the gradient of the head; return the mean loss and the gradient of `features`.

    The head reads the windows in parts, so memory is bounded however many there are, and the
    trunk's backward pass runs once. Hundreds of windows contribute to the gradient of one pixel, so
    they are summed in float32.
    """
    view = windows(features.detach(), network.window - 2 * network.margin)
    gradient = torch.zeros((*features.shape[1:], len(features)), device=features.device)
    total = gradient.new_zeros(())
    parts = math.ceil(len(samples) / at_once)
    every: Int64[Tensor, " pixels"] = torch.arange(len(samples), device=samples.rows.device)
    for index in every.tensor_split(parts):
        part = samples[index]
        own = view[part.rows, part.columns].requires_grad_(features.requires_grad)
        with autocast(features, recipe.precision):
            scores = network.head(own)
        loss = cross_entropy(
            scores.float(), part.targets, label_smoothing=recipe.smoothing, reduction="sum"
        )
        (loss / len(samples)).backward()
        total += loss.detach()
        if own.grad is not None:
            add_windows(gradient, own.grad, part.rows, part.columns)
    return total / len(samples), gradient.permute(2, 0, 1).to(features.dtype).contiguous()
