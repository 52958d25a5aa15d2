"""Train a network on the training windows of one padded cube.

`fit` yields after every epoch, so the caller decides what to log, to show and to save.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, OneCycleLR

from hsi.networks.trunk_head import TrunkHead
from hsi.training.samples import Samples, TrainingRecipe
from hsi.training.scene_step import scene_step
from hsi.training.window_step import window_step


@dataclass(frozen=True)
class Epoch:
    """The result of one pass over the training pixels.

    Attributes:
        number: Counts from 1.
        loss: Mean cross-entropy of the training pixels during the pass, in nats.
        rate: Learning rate of the last step.
        state: All that `fit(resume=...)` needs to continue; the next epoch changes it.
    """

    number: int
    loss: float
    rate: float
    state: dict[str, Any]


def fit(
    network: TrunkHead,
    padded: Float32[Tensor, "components height width"],
    samples: Samples,
    recipe: TrainingRecipe,
    *,
    seed: int,
    resume: dict[str, Any] | None,
) -> Iterator[Epoch]:
    """Train `network` in place with AdamW, and yield after each pass over the training pixels.

    All tensors and the network are on one device. Each epoch draws its random numbers from a seed
    of its own, so a resumed training continues exactly as an uninterrupted one would.

    Args:
        network: The network.
        padded: The padded cube, with the pixels of other sides masked.
        samples: The training pixels.
        recipe: How to train.
        seed: Of shuffling, augmentation and dropout.
        resume: An earlier `Epoch.state` of the same training, or None.

    Raises:
        ValueError: If the loss is no longer finite, or a step has too few pixels for the network.
    """
    step: Callable[[TrunkHead, Tensor, Samples, TrainingRecipe], Tensor] = window_step
    if recipe.batch is None:
        batches = 1
        limits = network.memory_limits(len(padded))
        step = partial(scene_step, at_once=limits.pixels)
    else:
        batches = math.ceil(len(samples) / recipe.batch)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True
    )
    scheduler = _schedule(optimizer, recipe, recipe.epochs * batches)
    network.label_smoothing.fill_(recipe.smoothing)
    done = 0
    if resume is not None:
        network.load_state_dict(resume["model"])
        done = resume["epoch"]
        if done < recipe.epochs:
            optimizer.load_state_dict(resume["optimizer"])
            scheduler.load_state_dict(resume["scheduler"])
    for number in range(done + 1, recipe.epochs + 1):
        torch.manual_seed((seed << 20) + number)
        network.train()
        pixels = len(samples)
        order = torch.arange(pixels) if recipe.batch is None else torch.randperm(pixels)
        total = padded.new_zeros(())
        for index in order.to(padded.device).tensor_split(batches):  # sizes differ by one at most
            optimizer.zero_grad()
            try:
                loss = step(network, padded, samples[index], recipe)
            except ValueError as error:
                if len(index) > 1:
                    raise
                key = "split.train" if recipe.batch is None else "train.windows.batch"
                raise ValueError(
                    f"{key}: the network normalises over the pixels of a step, and there is a step "
                    "of one pixel; raise it"
                ) from error
            last_rate = optimizer.param_groups[0]["lr"]
            optimizer.step()
            scheduler.step()
            total += loss * len(index)
        mean = total.item() / pixels  # the only synchronisation with a GPU in an epoch
        if not math.isfinite(mean):
            key = "train.scene.rate" if recipe.batch is None else "train.windows.rate"
            raise ValueError(f"the loss became {mean} in epoch {number}; lower {key}={recipe.rate}")
        state = {"epoch": number, "model": network.state_dict()}
        if number < recipe.epochs:
            state |= {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
        yield Epoch(number, mean, last_rate, state)


def _schedule(optimizer: torch.optim.Optimizer, recipe: TrainingRecipe, steps: int) -> LRScheduler:
    """Return the learning rate of each step; over one cycle the first quarter of them warms up.

    A single step has the peak rate. Of four steps the warm-up is the first alone, and OneCycleLR
    would divide by its length of 0; a share just below a quarter gives the rates of the limit.
    """
    if recipe.schedule != "one_cycle" or steps == 1:
        return ConstantLR(optimizer, factor=1.0)
    warm_up = math.nextafter(0.25, 0) if steps == 4 else 0.25
    return OneCycleLR(optimizer, recipe.rate, total_steps=steps, pct_start=warm_up)
