"""Measure how the cost of a map grows with the scene, and with the window.

    python -m benchmarks.scaling

HybridSN as params.yaml has it, with 30 components and in float32, on synthetic scenes that lie in a
file and are read tile by tile. Writes docs/results/scaling.png beside its section of
docs/results/performance.md.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.networks import COMPONENTS, SCENE, costs, make
from benchmarks.performance_page import publish, table
from benchmarks.timing import matrix_rate, run_measured, seconds
from hsi.config import load_params
from hsi.cube.padded import EVERYONE, PaddedCube
from hsi.files import new_array, read_array, row_chunks
from hsi.inference.tiles import classify_scene
from hsi.machine import keep_freed_memory
from hsi.pictures.figures import write_figure

SIDES = (145, 290, 580, 1160)
WINDOWS = (9, 11, 15, 19, 25)
PICTURE = Path("docs/results/scaling.png")


def write_scene(path: Path, side: int, window: int) -> None:
    """Write the values of a padded cube of noise, without holding them in memory."""
    generator = np.random.default_rng(0)
    whole = side + window - 1
    with new_array(path, (COMPONENTS, whole, whole), np.float32) as put:
        for rows in row_chunks(whole, COMPONENTS * whole):
            shape = COMPONENTS, rows.stop - rows.start, whole
            put(rows.start, generator.standard_normal(shape, np.float32))


def open_scene(path: Path, window: int) -> PaddedCube:
    """Return the padded cube that `write_scene` wrote; its values stay in the file."""
    values = read_array(path, in_memory=False)
    return PaddedCube(values, np.full(values.shape[1:], EVERYONE, np.uint8), window)


def map_seconds(path: Path, window: int) -> float:
    """Return the seconds it takes to classify every pixel of a scene, after a first small call."""
    network = make("hybridsn", "none", None, "cpu", window)
    cube = open_scene(path, window)
    keep_freed_memory(cube.values[0].size)

    def classify(scene: PaddedCube) -> None:
        for _ in classify_scene(network, scene, None, turns=False):
            pass

    small = slice(window + 2)
    corner = np.array(cube.values[:, small, small]), cube.owner[small, small]
    classify(PaddedCube(*corner, window))
    return seconds(classify, cube)


def measured(path: Path, window: int) -> tuple[float, float]:
    """Return seconds and peak MiB of mapping a scene in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scaling", str(path), str(window)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        _, peak = run_measured(command, stdout=output)
        output.seek(0)
        return float(json.load(output)), peak


def main() -> None:
    """Measure and publish; with a scene and a window as arguments, measure that one."""
    if len(sys.argv) > 1:
        print(map_seconds(Path(sys.argv[1]), int(sys.argv[2])))
        return
    usual, rate = load_params().patches.window, matrix_rate()
    grown, widened = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.npy"
        for side in SIDES:
            write_scene(path, side, usual)
            grown.append((side, path.stat().st_size / 2**20, *measured(path, usual)))
        for window in WINDOWS:
            write_scene(path, SCENE, window)
            widened.append((window, *costs("hybridsn", "none", None, window)[1:],
                            measured(path, window)[0]))  # fmt: skip
    write_figure(PICTURE, picture(grown))
    by_size = table(
        ["scene", "file, MiB", "seconds", "microseconds a pixel", "peak memory, MiB"],
        [[f"{side} x {side}", f"{size:,.0f}", f"{spent:.1f}", f"{spent / side**2 * 1e6:.0f}",
          f"{peak:,.0f}"] for side, size, spent, peak in grown],
    )  # fmt: skip
    by_window = table(
        ["window", "M patchwise", "M whole scene", "ratio", "seconds", "ideal, s"],
        [[str(window), f"{patch / 1e6:.1f}", f"{whole / 1e6:.2f}", f"{patch / whole:.0f}",
          f"{spent:.1f}", f"{whole * SCENE**2 / rate:.1f}"]
         for window, patch, whole, spent in widened],
    )  # fmt: skip
    publish(
        "scaling",
        "A map by the size of the scene, and by the window",
        f"""HybridSN with {COMPONENTS} components at window {usual}, in float32; every pixel is
classified once. The padded cube lies in a file. Each scene is mapped by a process of its own, so
*peak memory* includes Python and torch.

![Time a pixel and peak memory by scene size](scaling.png)

{by_size}

The next table is of {SCENE} x {SCENE} pixels, by window. *M* is million multiply-adds a pixel.
*Ideal* is the time that those of the whole scene take at {rate / 1e9:.0f} billion a second, the
rate of a 4096 x 4096 matrix product.

{by_window}""",
    )


def picture(grown: list[tuple[int, float, float, float]]) -> Figure:
    """Draw the time for a pixel and the peak memory against the number of pixels.

    Args:
        grown: Side of each scene in pixels, MiB of its file, seconds, and peak MiB.
    """
    figure = Figure(figsize=(9, 3.2), layout="constrained", facecolor="white")
    time, memory = figure.subplots(1, 2)
    pixels = [side**2 for side, *_ in grown]
    time.plot(pixels, [spent / side**2 * 1e6 for side, _, spent, _ in grown], "o-")
    time.set_ylabel("microseconds a pixel")
    memory.plot(pixels, [peak for *_, peak in grown], "o-", label="peak memory")
    memory.plot(pixels, [size for _, size, *_ in grown], "o--", color="0.6", label="padded cube")
    memory.set_ylabel("MiB")
    memory.legend(frameon=False)
    for axes in (time, memory):
        axes.set_xscale("log")
        axes.set_ylim(0, 1.15 * axes.get_ylim()[1])
        axes.set_xlabel("pixels of the scene")
        axes.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
