"""What a training step costs, and what each choice in it is worth.

    python -m benchmarks.step

The default network and window of params.yaml, one step over the whole of a synthetic scene of
Indian Pines' size with 1,025 training pixels. Each measurement is a process of its own; the choices
take turns, so that a machine that slows down slows all of them.
"""

import itertools
import statistics
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.networks import COMPONENTS, SCENE, make
from benchmarks.page import publish, table
from hsi.config import load_params
from hsi.patches import pad
from hsi.portions import portions
from hsi.training import fit
from hsi.windows import windows
from stages.machine import keep_freed_memory

STEPS, ROUNDS, PIXELS = 6, 3, 1025
CHOICES = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "give back": "bfloat16, freed memory given back to the kernel (`stages/machine.py`)",
    "autograd": "bfloat16, autograd's own backward of windows (`src/hsi/windows.py`)",
    "compile": "bfloat16, trunk and head through `torch.compile`",
}


def measure(choice: str) -> tuple[float, float]:
    """Return the seconds of the first step and the median of some after it."""
    if choice != "give back":
        keep_freed_memory(SCENE**2)
    window = load_params().patches.window
    generator = np.random.default_rng(0)
    cube = generator.normal(size=(COMPONENTS, SCENE, SCENE)).astype(np.float32)
    rows, columns, targets = (
        torch.from_numpy(generator.integers(0, limit, PIXELS)) for limit in (SCENE, SCENE, 16)
    )
    torch.manual_seed(0)
    model = make("hybridsn", "none", None, "cpu", window)
    if choice == "autograd":
        plain = lambda cube, rows, columns, size: windows(cube, size)[rows, columns]  # noqa: E731
        mock.patch("hsi.training.gather", plain).start()
    if choice == "compile":
        weighed = portions(model, COMPONENTS)
        mock.patch("hsi.training.portions", return_value=weighed).start()
        model.trunk.compile()
        model.head.compile()
    epochs = fit(
        model,
        torch.from_numpy(pad(cube, window)),
        rows,
        columns,
        targets,
        batch=None,
        epochs=STEPS + 2,
        rate=1e-3,
        schedule="constant",
        weight_decay=0.0,
        smoothing=0.0,
        augment=True,
        precision="float32" if choice == "float32" else "bfloat16",
        seed=0,
        resume=None,
    )
    begun = time.perf_counter()
    next(epochs)
    spent = [time.perf_counter() - begun]
    for _ in itertools.islice(epochs, STEPS):
        spent.append(time.perf_counter() - begun - sum(spent))
    return spent[0], statistics.median(spent[1:])


def main() -> None:
    """Measure all in turn and publish; with a choice, measure one."""
    if len(sys.argv) > 1:
        print(*measure(sys.argv[1]))
        return
    found: dict[str, list[tuple[float, ...]]] = {choice: [] for choice in CHOICES}
    for choice in tqdm(list(CHOICES) * ROUNDS, "steps", unit="process", disable=None):
        command = [sys.executable, "-m", "benchmarks.step", choice]
        output = subprocess.check_output(command, text=True)
        found[choice].append(tuple(map(float, output.split())))
    rows = []
    for choice, measured in found.items():
        first, later = ([each[place] for each in measured] for place in (0, 1))
        rows.append([CHOICES[choice], f"{statistics.median(later):.3f}", f"{min(later):.3f}",
                     f"{max(later):.3f}", f"{statistics.median(first):.1f}"])  # fmt: skip
    heads = ["what", "seconds a step, median", "lowest", "highest", "first step, s"]
    publish(
        "step",
        "A training step",
        f"""HybridSN at window {load_params().patches.window}, {COMPONENTS} components, one
step over {SCENE} x {SCENE} pixels with {PIXELS:,} training pixels. Medians of {STEPS} steps in each
of {ROUNDS} processes, the choices in turn.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
