"""What a training step costs, and what each choice in it is worth.

    python -m benchmarks.step

The default network and window of params.yaml, one step over the whole of a synthetic scene of
Indian Pines' size with 1,025 training pixels. Each measurement is a process of its own; the choices
take turns, so that a machine that slows down slows all of them. On a GPU, `benchmarks.gpu` asks for
other choices, and also for epochs of mini-batches.
"""

import itertools
import statistics
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from benchmarks.networks import COMPONENTS, SCENE, make
from benchmarks.page import publish, table
from hsi.config import load_params
from hsi.models.trunk_head import TrunkHead
from hsi.patches import pad
from hsi.portions import portions
from hsi.training import fit
from hsi.windows import windows
from stages.machine import device, keep_freed_memory

STEPS, ROUNDS, PIXELS = 6, 3, 1025
CHOICES = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "give_back": "bfloat16, freed memory given back to the kernel (`stages/machine.py`)",
    "autograd": "bfloat16, autograd's own backward of windows (`src/hsi/windows.py`)",
    "channels_last": "bfloat16, weights and maps with the channels last",
    "compile": "bfloat16, trunk and head through `torch.compile`",
}
GPU_CHOICES = {
    "float32": "float32",
    "tf32": "TF32 in convolutions and matrix products",
    "bfloat16": "bfloat16",
    "autograd": CHOICES["autograd"],
    "channels_last": CHOICES["channels_last"],
    "tuned": "bfloat16, cuDNN trying its algorithms first",
    "compile": CHOICES["compile"],
    "graphs": "bfloat16, through `torch.compile` into CUDA graphs",
}


def add_by_autograd(total: Tensor, some: Tensor, rows: Tensor, columns: Tensor) -> None:
    """Do what `add_windows` does by autograd's own backward of cutting windows."""
    channels_first = total.permute(2, 0, 1).detach().requires_grad_()
    cut = windows(channels_first, some.shape[-1])[rows, columns]
    (gradient,) = torch.autograd.grad(cut, channels_first, some.to(total.dtype))
    total += gradient.permute(1, 2, 0)


def prepare(choice: str, model: TrunkHead) -> None:
    """Make a choice, for the rest of the process."""
    if choice != "give_back":
        keep_freed_memory(SCENE**2)
    if choice == "tf32":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    elif choice == "float32":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    elif choice == "tuned":
        torch.backends.cudnn.benchmark = True
    elif choice == "autograd":
        mock.patch("hsi.training.add_windows", add_by_autograd).start()
    elif choice == "channels_last":
        orders = {4: torch.channels_last, 5: torch.channels_last_3d}  # 2-D and 3-D convolutions
        for weight in model.parameters():
            if weight.dim() in orders:
                weight.data = weight.data.contiguous(memory_format=orders[weight.dim()])
    elif choice in ("compile", "graphs"):
        weighed = portions(model, COMPONENTS)
        mock.patch("hsi.training.portions", return_value=weighed).start()
        mode = "reduce-overhead" if choice == "graphs" else None
        model.trunk.compile(mode=mode)
        model.head.compile(mode=mode)


def measure(choice: str, batching: str) -> tuple[float, float]:
    """Return the seconds of the first epoch and the median of some after it.

    Args:
        choice: One of CHOICES or GPU_CHOICES.
        batching: `scene`, where an epoch is a step, or `windows`.
    """
    params, where = load_params(), device()
    window = params.patches.window
    generator = np.random.default_rng(0)
    cube = generator.normal(size=(COMPONENTS, SCENE, SCENE)).astype(np.float32)
    pixels = (generator.integers(0, limit, PIXELS) for limit in (SCENE, SCENE, 16))
    torch.manual_seed(0)
    model = make("hybridsn", "none", None, "cpu", window).to(where)
    prepare(choice, model)
    epochs = fit(
        model,
        *(torch.from_numpy(each).to(where) for each in (pad(cube, window), *pixels)),
        batch=None if batching == "scene" else params.train.windows.batch,
        epochs=STEPS + 2,
        rate=1e-3,
        schedule="constant",
        weight_decay=0.0,
        smoothing=0.0,
        augment=True,
        precision="float32" if choice in ("float32", "tf32") else "bfloat16",
        seed=0,
        resume=None,
    )
    begun = time.perf_counter()
    next(epochs)
    spent = [time.perf_counter() - begun]
    for _ in itertools.islice(epochs, STEPS):
        spent.append(time.perf_counter() - begun - sum(spent))
    return spent[0], statistics.median(spent[1:])


def compare(choices: dict[str, str], batching: str) -> str:
    """Measure choices in turn, each in processes of its own; return a table."""
    found: dict[str, list[tuple[float, ...]]] = {choice: [] for choice in choices}
    for choice in tqdm(list(choices) * ROUNDS, f"steps, {batching}", unit="process", disable=None):
        command = [sys.executable, "-m", "benchmarks.step", choice, batching]
        output = subprocess.check_output(command, text=True)
        found[choice].append(tuple(map(float, output.split())))
    rows = []
    for choice, measured in found.items():
        first, later = ([each[place] for each in measured] for place in (0, 1))
        rows.append([choices[choice], f"{statistics.median(later):.3f}", f"{min(later):.3f}",
                     f"{max(later):.3f}", f"{statistics.median(first):.1f}"])  # fmt: skip
    return table(["what", "seconds, median", "lowest", "highest", "first time, s"], rows)


def main() -> None:
    """Measure all in turn and publish; with a choice and a batching, measure one."""
    if len(sys.argv) > 1:
        print(*measure(*sys.argv[1:]))
        return
    publish(
        "step",
        "A training step",
        f"""HybridSN at window {load_params().patches.window}, {COMPONENTS} components, one
step over {SCENE} x {SCENE} pixels with {PIXELS:,} training pixels. Medians of {STEPS} steps in each
of {ROUNDS} processes, the choices in turn.

{compare(CHOICES, "scene")}""",
    )


if __name__ == "__main__":
    main()
