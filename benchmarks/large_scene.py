"""A scene that does not fit a notebook's memory: 5,000 x 5,000 pixels mapped tile by tile.

    python -m benchmarks.large_scene            # minutes on 2 cores, 3 GB of disk
    python -m benchmarks.large_scene --side 800

HybridSN at window 9, its smallest, 30 components, float32, one orientation. Time grows with the
multiply-adds (benchmarks/scaling.py has other windows), memory does not.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.networks import COMPONENTS, costs, make
from benchmarks.page import publish, table
from benchmarks.scaling import write_scene
from benchmarks.timing import run_measured
from hsi.files import read_array
from stages.machine import keep_freed_memory
from stages.map import classify_all

WINDOW = 9


def classify(path: Path) -> None:
    """Map the scene as the stage does."""
    model = make("hybridsn", "none", None, "cpu", WINDOW)
    padded = read_array(path, in_memory=False)
    keep_freed_memory(padded[0].size)
    owner = np.zeros(padded.shape[1:], np.uint8)
    classify_all(model, padded, owner, turns=False, temperature=1.0)


def main() -> None:
    """Write the scene, map it in a process of its own, publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=5000)
    parser.add_argument("--scene", type=Path)
    arguments = parser.parse_args()
    if arguments.scene:
        classify(arguments.scene)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.npy"
        write_scene(path, arguments.side, WINDOW)
        size = path.stat().st_size / 2**20
        command = [sys.executable, "-m", "benchmarks.large_scene"]
        command += ["--scene", str(path)]
        spent, peak = run_measured(command)
    pixels, cost = arguments.side**2, costs("hybridsn", "none", None, WINDOW)[2]
    heads = ["pixels", "padded cube, MiB", "minutes", "pixels a second", "peak memory, MiB"]
    cells = [f"{pixels:,}", f"{size:,.0f}", f"{spent / 60:.1f}", f"{pixels / spent:,.0f}",
             f"{peak:,.0f}"]  # fmt: skip
    publish(
        "large_scene",
        f"A scene of {arguments.side:,} x {arguments.side:,} pixels",
        f"""Synthetic, {COMPONENTS} components, HybridSN at window {WINDOW}, {cost / 1e6:.2f}
million multiply-adds a pixel, float32. Peak memory is that of the whole process, with what it keeps
of the map: twelve bytes for each pixel. Copies of all windows would take
{pixels * COMPONENTS * WINDOW**2 * 4 / 2**30:,.0f} GiB.

{table(heads, [cells])}""",
    )


if __name__ == "__main__":
    main()
