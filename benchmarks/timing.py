"""Measure the seconds of a call, and the seconds and peak memory of a process."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


def seconds(action: Callable[..., Any], *arguments: Any) -> float:  # noqa: ANN401
    """Return how long a call takes, in seconds."""
    begun = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - begun


@torch.inference_mode()
def matrix_rate() -> float:
    """Return the multiply-adds a second of a 4096 x 4096 float32 matrix product, the best of ten.

    It is computed as a product and as a convolution of 1 x 1, because torch leaves them to two
    libraries: one may know instructions of the processor that the other does not use.
    """
    side = 4096
    left, right = torch.randn(side, side), torch.randn(side, side)
    image, kernels = right.reshape(1, side, 64, 64), left.reshape(side, side, 1, 1)
    ways = ((torch.mm, left, right), (torch.conv2d, image, kernels))
    return side**3 / min(seconds(*way) for way in ways for _ in range(5))


# `ru_maxrss` includes the parent's peak, so the measured process is started from a small one.
STARTER = """
import json, os, sys, time
begun = time.perf_counter()
_, status, usage = os.wait4(os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:]), 0)
found = time.perf_counter() - begun, usage.ru_maxrss, os.waitstatus_to_exitcode(status)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(found, file)
"""


def run_measured(command: list[str], **options: Any) -> tuple[float, float]:  # noqa: ANN401
    """Run a command, and return its seconds and its peak memory in MiB.

    Args:
        command: Program and arguments.
        options: Options of `subprocess.run`: cwd, env, stdout, stderr.

    Raises:
        subprocess.CalledProcessError: If the command fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        starter = [sys.executable, "-S", "-c", STARTER, str(answer)]
        subprocess.run([*starter, *command], check=True, **options)
        spent, peak, code = json.loads(answer.read_text(encoding="utf-8"))
    if code:
        raise subprocess.CalledProcessError(code, command)
    return spent, peak / (2**20 if sys.platform == "darwin" else 2**10)
