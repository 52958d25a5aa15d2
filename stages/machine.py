"""What the machine decides: where tensors live, which precision is fast, how memory is kept."""

import ctypes
import os

import torch

SMALL = 2**16  # pixels of a scene
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # names and numbers of glibc's malloc.h


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


def precision(wanted: str, device: str) -> str:
    """Return `float32` or `bfloat16`; `auto` is bfloat16 where hardware computes faster with it.

    On a CPU without such instructions torch emulates them, more slowly than float32.
    """
    if wanted != "auto":
        return wanted
    if torch.device(device).type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has = torch.cpu.get_capabilities()
        fast = has.get("avx512_bf16", False) or has.get("amx_bf16", False)
    return "bfloat16" if fast else "float32"


def keep_freed_memory(pixels: int) -> None:
    """Let the process keep memory it frees, where the scene is small and the C library is glibc.

    By default glibc hands every freed block of more than 32 MiB back to the kernel, which zeroes
    it page by page when the next step asks again: a third of a training step on a CPU
    (benchmarks/step.py). It costs memory, since blocks of many sizes leave gaps: too much on a
    large scene.

    Args:
        pixels: Of the padded scene; above SMALL nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None and pixels <= SMALL:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
