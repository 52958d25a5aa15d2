"""Train a trunk/head network on the training windows of one padded cube.

`fit` yields after every epoch, so that whoever iterates decides what to log, show or save.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, OneCycleLR

from hsi.models.trunk_head import TrunkHead
from hsi.portions import portions
from hsi.symmetry import SYMMETRIES, turned, turned_each, turned_pixels
from hsi.windows import add_windows, windows


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training pixels did.

    Attributes:
        number: Counts from 1.
        loss: Mean cross-entropy of the training pixels, in nats, as seen while training.
        rate: Learning rate of the last step.
        state: All that `fit(resume=...)` needs to go on from here; it changes with the next epoch.
    """

    number: int
    loss: float
    rate: float
    state: dict[str, Any]


def _head_step(
    model: TrunkHead,
    features: Float[Tensor, "channels height width"],
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
    targets: Int64[Tensor, " pixels"],
    smoothing: float,
    compute: Callable[[], AbstractContextManager[None]],
    at_once: int,
) -> tuple[Tensor, Float[Tensor, "channels height width"]]:
    """Return the mean loss and its gradient of the trunk's output; accumulate the head's own.

    The head runs over the windows in portions, so memory stays bounded however many there are, and
    the trunk's backward pass runs once. Gradients of hundreds of windows meet in a pixel, so they
    are summed in float32.
    """
    view = windows(features.detach(), model.window - 2 * model.margin)
    gradient = torch.zeros((*features.shape[1:], len(features)), device=features.device)
    total = gradient.new_zeros(())
    parts = math.ceil(len(rows) / at_once)
    for part in torch.arange(len(rows), device=rows.device).tensor_split(parts):
        where = rows[part], columns[part]
        own = view[where].requires_grad_(features.requires_grad)
        with compute():
            scores = model.head(own)
        loss = cross_entropy(
            scores.float(), targets[part], label_smoothing=smoothing, reduction="sum"
        )
        (loss / len(rows)).backward()
        total += loss.detach()
        if own.grad is not None:
            add_windows(gradient, own.grad, *where)
    return total / len(rows), gradient.permute(2, 0, 1).to(features.dtype).contiguous()


def _scene_step(
    model: TrunkHead,
    padded: Float32[Tensor, "components height width"],
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
    targets: Int64[Tensor, " pixels"],
    smoothing: float,
    augment: bool,
    compute: Callable[[], AbstractContextManager[None]],
    at_once: int,
) -> Tensor:
    """Accumulate the gradient of the mean loss over all pixels; the trunk runs once, over all."""
    if augment:
        symmetry = int(torch.randint(SYMMETRIES, ()))
        shape = (padded.shape[1] - model.window + 1, padded.shape[2] - model.window + 1)
        padded = turned(padded, symmetry)
        rows, columns = turned_pixels(rows, columns, shape, symmetry)
    with compute():
        features = model.trunk(padded[None, None]).squeeze(0)  # (C, H - 2 margin, W - 2 margin)
    place = rows, columns, targets
    loss, gradient = _head_step(model, features, *place, smoothing, compute, at_once)
    if features.requires_grad:  # a trunk may have nothing to learn
        features.backward(gradient)
    return loss


def _window_step(
    model: TrunkHead,
    padded: Float32[Tensor, "components height width"],
    rows: Int64[Tensor, " batch"],
    columns: Int64[Tensor, " batch"],
    targets: Int64[Tensor, " batch"],
    smoothing: float,
    augment: bool,
    compute: Callable[[], AbstractContextManager[None]],
) -> Tensor:
    """Accumulate the gradient of the mean loss over one mini-batch of windows."""
    batch = windows(padded, model.window)[rows, columns]
    if augment:
        symmetry = torch.randint(SYMMETRIES, (len(rows),), device=batch.device)
        batch = turned_each(batch, symmetry)
    with compute():
        scores = model(batch.unsqueeze(1))
    loss = cross_entropy(scores.float(), targets, label_smoothing=smoothing)
    loss.backward()
    return loss.detach()


def _schedule(optimizer: torch.optim.Optimizer, kind: str, rate: float, steps: int) -> LRScheduler:
    if kind == "one_cycle":
        return OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.25)
    return ConstantLR(optimizer, factor=1.0)


def fit(
    model: TrunkHead,
    padded: Float32[Tensor, "components height width"],
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
    targets: Int64[Tensor, " pixels"],
    *,
    batch: int | None,
    epochs: int,
    rate: float,
    schedule: str,
    weight_decay: float,
    smoothing: float,
    augment: bool,
    precision: str,
    seed: int,
    resume: dict[str, Any] | None,
) -> Iterator[Epoch]:
    """Train `model` in place with AdamW, yielding after each pass over the training pixels.

    Every tensor and the model are on one device. Each epoch draws its random numbers from a seed of
    its own, so a resumed training goes on exactly as an uninterrupted one would.

    Args:
        model: The network.
        padded: The padded cube, other sides' pixels hidden.
        rows: Row of each training pixel in the cube without its margin.
        columns: Column of each.
        targets: Class of each, from 0.
        batch: Largest size of shuffled mini-batches of windows. None for one step an epoch, the
            trunk over the whole scene and the head on every training window.
        epochs: Passes over the training pixels.
        rate: Peak learning rate.
        schedule: `one_cycle` (Smith & Topin 2018, https://arxiv.org/abs/1708.07120) or `constant`.
        weight_decay: Decoupled weight decay; with 0, AdamW is Adam.
        smoothing: Label smoothing in [0, 1).
        augment: Turn and mirror at random, each window for itself or the whole scene at once.
        precision: `float32`, or `bfloat16` for convolutions and matrix products; weights, their
            gradients and the optimizer's moments stay in float32.
        seed: Of shuffling, turning and dropout.
        resume: An earlier `Epoch.state` of the same training, or None.

    Raises:
        ValueError: If the loss is no longer finite.
    """
    batches = 1 if batch is None else math.ceil(len(rows) / batch)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=weight_decay, fused=True
    )
    scheduler = _schedule(optimizer, schedule, rate, epochs * batches)
    compute = partial(
        torch.autocast, padded.device.type, torch.bfloat16, enabled=precision == "bfloat16"
    )
    step: Callable[..., Tensor] = _window_step
    if batch is None:
        step = partial(_scene_step, at_once=portions(model, len(padded)).windows)
    done = 0
    if resume is not None:
        model.load_state_dict(resume["model"])
        optimizer.load_state_dict(resume["optimizer"])
        scheduler.load_state_dict(resume["scheduler"])
        done = resume["epoch"]
    for number in range(done + 1, epochs + 1):
        torch.manual_seed((seed << 20) + number)
        model.train()
        order = torch.arange(len(rows)) if batch is None else torch.randperm(len(rows))
        total = padded.new_zeros(())
        for part in order.to(rows.device).tensor_split(batches):  # none much smaller than others
            optimizer.zero_grad()
            where = rows[part], columns[part]
            loss = step(model, padded, *where, targets[part], smoothing, augment, compute)
            last_rate = optimizer.param_groups[0]["lr"]
            optimizer.step()
            scheduler.step()
            total += loss * len(part)
        mean = total.item() / len(rows)  # the one time in an epoch that a GPU is waited for
        if not math.isfinite(mean):
            key = "train.scene.rate" if batch is None else "train.windows.rate"
            raise ValueError(f"the loss became {mean} in epoch {number}; lower {key}={rate}")
        state = {
            "epoch": number,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
        }
        yield Epoch(number, mean, last_rate, state)
