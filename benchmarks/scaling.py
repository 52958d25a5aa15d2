"""How the cost of a map grows: with the scene, and with the window.

    python -m benchmarks.scaling

HybridSN as params.yaml has it, 30 components, float32, on synthetic scenes that lie in a file
and are read tile by tile. Writes docs/scaling.png beside its section of docs/performance.md.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.networks import COMPONENTS, SCENE, costs, make
from benchmarks.page import publish, table
from benchmarks.timing import matrix_rate, run_measured, seconds
from hsi.config import load_params
from hsi.files import blocks, new_array, read_array
from hsi.inference import classify_scene
from hsi.plots import write_figure
from stages.machine import keep_freed_memory

SIDES = (145, 290, 580, 1160)
WINDOWS = (9, 11, 15, 19, 25)
PICTURE = Path("docs/scaling.png")


def write_scene(path: Path, side: int, window: int) -> None:
    """Write a padded cube of noise without holding it in memory."""
    generator = np.random.default_rng(0)
    whole = side + window - 1
    with new_array(path, (COMPONENTS, whole, whole), np.float32) as put:
        for rows in blocks(whole, COMPONENTS * whole):
            shape = COMPONENTS, rows.stop - rows.start, whole
            put(rows.start, generator.standard_normal(shape, np.float32))


def map_seconds(path: Path, window: int) -> float:
    """Return the seconds it takes to classify a scene's every pixel, after a first small call."""
    model = make("hybridsn", "none", None, "cpu", window)
    padded = read_array(path, in_memory=False)
    keep_freed_memory(padded[0].size)

    def classify(scene: np.ndarray) -> None:
        for _ in classify_scene(model, scene, None, turns=False):
            pass

    classify(np.array(padded[:, : window + 2, : window + 2]))
    return seconds(classify, padded)


def measured(path: Path, window: int) -> tuple[float, float]:
    """Return seconds and peak MiB of mapping a scene in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scaling", str(path), str(window)]
    with tempfile.TemporaryFile("w+") as output:
        _, peak = run_measured(command, stdout=output)
        output.seek(0)
        return float(json.load(output)), peak


def main() -> None:
    """Measure and publish; with a scene and a window, measure one."""
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
        ["window", "M patchwise", "M whole-scene", "ratio", "seconds", "ideal, s"],
        [[str(window), f"{patch / 1e6:.1f}", f"{whole / 1e6:.2f}", f"{patch / whole:.0f}",
          f"{spent:.1f}", f"{whole * SCENE**2 / rate:.1f}"]
         for window, patch, whole, spent in widened],
    )  # fmt: skip
    publish(
        "scaling",
        "A map by the size of the scene, and by the window",
        f"""HybridSN, {COMPONENTS} components, window {usual}, float32, every pixel once; the padded
cube lies in a file. Each scene is a process of its own, so *peak memory* holds Python and torch.

![Time a pixel and peak memory by scene size](scaling.png)

{by_size}

{SCENE} x {SCENE} pixels by window. *M*: million multiply-adds a pixel; *ideal*: what those of
the whole scene take at {rate / 1e9:.0f} billion a second, the rate of a 4096 x 4096 product.

{by_window}""",
    )


def picture(grown: list[tuple[int, float, float, float]]) -> Figure:
    """Draw time a pixel and peak memory against the number of pixels."""
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
