"""What keeping freed memory is worth: seconds of a training step without and with it, in turn.

    python -m benchmarks.malloc

Each measurement is a process of its own, since the setting cannot be taken back; both train the
default network on a synthetic scene of Indian Pines' size.
"""

import platform
import statistics
import subprocess
import sys
import time

import numpy as np
import torch

from hsi.models.build import build
from hsi.patches import pad
from hsi.training import fit
from stages.machine import keep_freed_memory

STEPS, ROUNDS = 6, 3


def seconds_of_a_step(keep: bool) -> float:
    """Return the median over some steps after a first one."""
    if keep:
        keep_freed_memory()
    generator = np.random.default_rng(0)
    cube = generator.normal(size=(30, 145, 145)).astype(np.float32)
    rows, columns, targets = (
        torch.from_numpy(generator.integers(0, limit, 1025)) for limit in (145, 145, 16)
    )
    torch.manual_seed(0)
    model = build(
        "hybridsn",
        components=30,
        window=25,
        classes=16,
        batch_norm=True,
        dropout=0.4,
        attention="none",
        attention_settings={},
        attention_at=None,
        attention_residual=False,
    )
    epochs = fit(
        model,
        torch.from_numpy(pad(cube, 25)),
        rows,
        columns,
        targets,
        batch=None,
        epochs=STEPS + 1,
        rate=1e-3,
        schedule="constant",
        weight_decay=0.0,
        smoothing=0.0,
        augment=True,
        precision="float32",
        seed=0,
        resume=None,
    )
    next(epochs)
    spent = []
    for _ in range(STEPS):
        begun = time.perf_counter()
        next(epochs)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def main() -> None:
    """Measure both in turn and print the table; with an argument, measure one."""
    if len(sys.argv) > 1:
        print(seconds_of_a_step(sys.argv[1] == "keep"))
        return
    found: dict[str, list[float]] = {"give back": [], "keep": []}
    for _ in range(ROUNDS):
        for name, spent in found.items():
            command = [sys.executable, "-m", "benchmarks.malloc", name]
            spent.append(float(subprocess.check_output(command, text=True)))
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("| freed memory | seconds a step, median | lowest | highest |\n|---|---|---|---|")
    for name, spent in found.items():
        print(f"| {name} | {statistics.median(spent):.2f} | {min(spent):.2f} | {max(spent):.2f} |")


if __name__ == "__main__":
    main()
