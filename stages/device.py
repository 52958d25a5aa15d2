"""Where tensors live: the machine's business, so an environment variable and never a parameter."""

import os

import torch


def device() -> str:
    """Return HSI_DEVICE (`cpu`, `cuda`, `cuda:1`), or `cuda` where there is one, or `cpu`.

    Raises:
        ValueError: If HSI_DEVICE names what this machine does not have.
    """
    wanted = os.environ.get("HSI_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"HSI_DEVICE={wanted} cannot be used, cpu can: {reason}") from error
    return wanted
