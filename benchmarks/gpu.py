"""Measure a GPU: both kinds of training, the map of Indian Pines, and each choice in a step.

dvc repro && python -m benchmarks.gpu
HSI_DEVICE=cpu python -m benchmarks.gpu     # checks that it runs, where there is no GPU
"""

import sys
from collections.abc import Iterator

import torch

from benchmarks.maps import whole_scene
from benchmarks.performance_page import publish, table
from benchmarks.recipes import (
    CLASSIC_EPOCHS,
    accuracy_on_test,
    floor_accuracy,
    load_scene,
    train,
)
from benchmarks.step import GPU_CHOICES, measure_in_turn
from benchmarks.timing import seconds
from hsi.config import load_params
from hsi.cube.pixels import TRAIN
from hsi.machine import device
from hsi.training.loop import Epoch

TARGETS = {"windows": 20.0, "scene": 8.0, "map": 0.05}  # seconds on a data-centre GPU


def main() -> None:
    """Train both ways, map, and publish."""
    params, where = load_params(), device()
    cube, pixels = load_scene(params.patches.window)

    def finish() -> None:
        if where != "cpu":
            torch.cuda.synchronize()

    def run(epochs: Iterator[Epoch]) -> None:
        for _ in epochs:
            pass
        finish()

    rows = []
    for batching in ("windows", "scene"):
        network, epochs = train(cube, pixels, batching, where)
        spent = seconds(run, epochs)
        turned = batching == "scene" and params.inference.turns
        accuracy = accuracy_on_test(network, cube, pixels, turned)
        rows.append([f"training, `batching: {batching}`", f"{spent:.1f}",
                     f"{TARGETS[batching]:.0f}", f"{accuracy:.2f}"])  # fmt: skip

    def draw() -> None:
        whole_scene(network, cube)
        finish()

    draw()
    rows.append(
        [
            "map of every pixel, one orientation",
            f"{min(seconds(draw) for _ in range(5)):.3f}",
            f"{TARGETS['map']:.2f}",
            f"{accuracy_on_test(network, cube, pixels, False):.2f}",
        ]
    )
    whole_runs = table(["what", "seconds", "target on a GPU", "OA, %"], rows)
    print(whole_runs)  # now, because what follows may fail
    if where == "cpu":
        sys.exit("benchmarks.gpu: no GPU was used, so docs/results/performance.md is not changed")
    publish(
        "gpu",
        "On a GPU",
        f"""Indian Pines with {len(pixels.on(TRAIN)):,} training pixels of a random split, seed
{params.split.seed}; its floor is {floor_accuracy(pixels):.2f} % OA. `batching: windows` trains for
{CLASSIC_EPOCHS} epochs in batches of {params.train.windows.batch}, `batching: scene` for
{params.train.epochs} epochs, both at window {params.patches.window}. The first row includes the
first use of the GPU; the map is timed after one call.

{whole_runs}

The choices in one step over the scene, measured as `benchmarks.step` does on a CPU:

{measure_in_turn(GPU_CHOICES, "scene")}

The choices in one epoch of `batching: windows`:

{measure_in_turn(GPU_CHOICES, "windows")}""",
    )


if __name__ == "__main__":
    main()
