"""What a GPU makes of it: both trainings and the map of Indian Pines, and each choice in a step.

dvc repro && python -m benchmarks.gpu
HSI_DEVICE=cpu python -m benchmarks.gpu     # that it runs, where there is no GPU
"""

import sys
from collections.abc import Iterator

import torch

from benchmarks.maps import whole
from benchmarks.page import publish, table
from benchmarks.recipes import accuracy_on_test, floor_accuracy, scene, train
from benchmarks.step import GPU_CHOICES, compare
from benchmarks.timing import seconds
from hsi.config import load_params
from hsi.pixels import TRAIN
from hsi.training import Epoch
from stages.machine import device

TARGETS = {"windows": 20.0, "scene": 8.0, "map": 0.05}  # seconds on a data-centre GPU


def main() -> None:
    """Train both ways, map, publish."""
    params, where = load_params(), device()
    window = params.patches.window
    padded, pixels = scene(window)

    def finish() -> None:
        if where != "cpu":
            torch.cuda.synchronize()

    def run(epochs: Iterator[Epoch]) -> None:
        for _ in epochs:
            pass
        finish()

    rows = []
    for batching in ("windows", "scene"):
        model, epochs = train(padded, pixels, batching, window, where)

        spent = seconds(run, epochs)
        turned = batching == "scene" and params.inference.turns
        accuracy = accuracy_on_test(model, padded, pixels, turned)
        rows.append([f"training, `batching: {batching}`", f"{spent:.1f}",
                     f"{TARGETS[batching]:.0f}", f"{accuracy:.2f}"])  # fmt: skip

    def draw() -> None:
        whole(model, padded)
        finish()

    draw()
    rows.append(
        [
            "map of every pixel, one orientation",
            f"{min(seconds(draw) for _ in range(5)):.3f}",
            f"{TARGETS['map']:.2f}",
            f"{accuracy_on_test(model, padded, pixels, False):.2f}",
        ]
    )
    whole_runs = table(["what", "seconds", "target on a GPU", "OA, %"], rows)
    print(whole_runs)  # whatever becomes of the rest
    if where == "cpu":
        sys.exit("benchmarks.gpu: no GPU was used, so docs/performance.md is left as it is")
    publish(
        "gpu",
        "On a GPU",
        f"""Indian Pines, {len(pixels.on(TRAIN).rows):,} training pixels of a random split, seed
{params.split.seed}, floor {floor_accuracy(pixels):.2f} % OA. `batching: windows` is 100 epochs in
batches of {params.train.windows.batch}, `batching: scene` {params.train.epochs} epochs, both at
window {window}; the first use of the GPU is in the first row. The map is timed after one call.

{whole_runs}

One step over the scene by what computes it, as `benchmarks.step` measures it on a CPU:

{compare(GPU_CHOICES, "scene")}

And one epoch of `batching: windows`:

{compare(GPU_CHOICES, "windows")}""",
    )


if __name__ == "__main__":
    main()
