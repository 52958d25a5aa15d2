"""What depends on the machine: the device, its name, and how freed memory is kept.

None of it is a value of params.yaml: `HSI_DEVICE` chooses the device.
"""

import ctypes
import os
import platform
from pathlib import Path

import torch

SMALL = 2**16  # pixels
BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16")  # instructions of x86 and ARM, as torch calls them
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # names and numbers of glibc's malloc.h


def device() -> str:
    """Return the device to compute on.

    It is the value of HSI_DEVICE (`cpu`, `cuda`, `cuda:1`); without it `cuda` if there is a GPU,
    and otherwise `cpu`.

    Raises:
        ValueError: If HSI_DEVICE names a device that this machine does not have.
    """
    wanted = os.environ.get("HSI_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"HSI_DEVICE={wanted} cannot be used, cpu can: {reason}") from error
    return wanted


def has_instructions_for(precision: str, where: str) -> bool:
    """Return whether a device has instructions for a precision.

    Without them the precision is emulated, which is slow.

    Args:
        precision: `float32` or `bfloat16`.
        where: The device.
    """
    if precision == "float32":
        return True
    if torch.device(where).type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return any(torch.cpu.get_capabilities().get(each, False) for each in BFLOAT16)


def keep_freed_memory(pixels: int) -> None:
    """Keep freed memory in the process, if the scene is small and the C library is glibc.

    By default glibc returns every freed block of more than 32 MiB to the kernel, which clears it
    page by page when the next step asks for it again. That takes a third of a training step on a
    CPU (benchmarks/step.py). Keeping the blocks costs memory, because blocks of many sizes leave
    gaps between them; on a large scene it costs too much.

    Args:
        pixels: Of the padded scene; above SMALL nothing is changed.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None and pixels <= SMALL:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def processor_name() -> str:
    """Return the name of the GPU, or of the processor with its number of cores."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(": ")[1] for line in lines if "model name" in line), model)
    return f"{model}, {os.cpu_count()} cores"
