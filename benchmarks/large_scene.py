"""Map a scene of 5,000 x 5,000 pixels tile by tile, and measure time and memory.

    python -m benchmarks.large_scene            # minutes on 2 cores, 3 GB of disk
    python -m benchmarks.large_scene --side 800

HybridSN at window 9, its smallest, with 30 components, in float32, without an average over
symmetries. Time grows with the multiply-adds (benchmarks/scaling.py has other windows); memory does
not.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.networks import COMPONENTS, costs, make
from benchmarks.performance_page import publish, table
from benchmarks.scaling import open_scene, write_scene
from benchmarks.timing import run_measured
from hsi.inference.scene import Answering, predict_scene
from hsi.inference.smoothing import NoSmoothing
from hsi.machine import keep_freed_memory

WINDOW = 9


def predict(path: Path) -> None:
    """Map the scene of a file as the library does."""
    network = make("hybridsn", "none", None, "cpu", WINDOW)
    cube = open_scene(path, WINDOW)
    keep_freed_memory(cube.values[0].size)
    valid, known = np.ones(cube.size, bool), np.zeros(cube.size, np.int32)
    how = Answering(turns=False, smoothing=NoSmoothing(), temperature=1.0)
    predict_scene(network, cube, valid, known, None, how)


def main() -> None:
    """Write the scene, map it in a process of its own, and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=5000, help="height and width in pixels")
    parser.add_argument("--scene", type=Path, help="map this file and print nothing")
    arguments = parser.parse_args()
    if arguments.scene:
        predict(arguments.scene)
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
        f"""The scene is synthetic and has {COMPONENTS} components. HybridSN at window {WINDOW}
takes {cost / 1e6:.2f} million multiply-adds a pixel, in float32. *Peak memory* is that of the whole
process, with class, confidence and entropy of every pixel. Copies of all windows would take
{pixels * COMPONENTS * WINDOW**2 * 4 / 2**30:,.0f} GiB.

{table(heads, [cells])}""",
    )


if __name__ == "__main__":
    main()
