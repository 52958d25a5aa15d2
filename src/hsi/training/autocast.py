"""Compute convolutions and matrix products in the precision of a training."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def autocast(inputs: Tensor, precision: str) -> AbstractContextManager[None]:
    """Return the context for a forward pass on the device of `inputs`.

    Args:
        inputs: What is computed on.
        precision: `float32` or `bfloat16`.
    """
    if precision == "float32":
        return nullcontext()
    return torch.autocast(inputs.device.type, torch.bfloat16)
