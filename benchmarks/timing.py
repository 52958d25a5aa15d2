"""Seconds and bytes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch


def seconds(action: Callable[..., Any], *arguments: Any) -> float:  # noqa: ANN401
    """Return how long a call takes."""
    begun = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - begun


def matrix_rate() -> float:
    """Return multiply-adds a second of a large float32 matrix product, the best of some runs."""
    side = 4096
    left, right = torch.randn(side, side), torch.randn(side, side)
    return side**3 / min(seconds(torch.mm, left, right) for _ in range(5))


def run_measured(command: list[str], **options: Any) -> tuple[float, float]:  # noqa: ANN401
    """Run a command; return its seconds, and the MiB it had in memory at its peak.

    Raises:
        subprocess.CalledProcessError: If it fails.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(command, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = time.perf_counter() - begun
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return spent, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
