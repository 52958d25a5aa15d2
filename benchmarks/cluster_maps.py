"""Map one scene on local workers, and compute what 100 workers would do with a terabyte.

    python -m benchmarks.cluster_maps          # 1 GB: 2,500 x 1,000 pixels, 200 bands of 16 bits
    python -m benchmarks.cluster_maps 300      # 300 lines, to see that it works: publishes nothing

Scene and classifier are those of benchmarks/large_file.py; every process computes with one thread.
The parts of a map are measured one by one: the check of a window, a strip of tiles, its answer in
bytes, what the scheduler takes for a task, and what the client takes to write the map. What many
workers would do follows from them on paper. Writes its section of docs/results/performance.md.
"""

import os
import pickle
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from distributed import Client, LocalCluster

from benchmarks.large_file import BANDS, untrained, write_scene
from benchmarks.performance_page import publish, table
from benchmarks.timing import run_measured, seconds
from hsi.classifier import Classifier
from hsi.inference.projected import ProjectedScene
from hsi.inference.smoothing import full_width
from hsi.inference.tiles import classify_scene, strips
from hsi.inference.to_files import Outputs, part_of, write_map
from hsi.scene.arrays import Source
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster
from hsi.scene.valid import look

LINES, SAMPLES = 2500, 1000
WORKERS = (1, 2)
TASKS = 2000  # that do nothing, to measure the scheduler
ARCHIVE = 1e12  # bytes
MANY = (1, 10, 100, 1000)  # workers, on paper
STORAGE = 5e9  # bytes a second that the storage gives all workers together, as stated
NETWORK = 1.25e9  # bytes a second that the client receives, as stated


@dataclass(frozen=True)
class Parts:
    """What a map consists of, measured on one scene.

    Attributes:
        windows: How many windows are checked.
        look: Seconds for each.
        strips: How many strips are classified.
        strip: Seconds for each.
        read: Bytes that workers read of the scene in all.
        answered: Bytes that the client receives in all.
        write: Seconds in which the client writes the map.
        task: Seconds of the scheduler and the client for each task.
    """

    windows: int
    look: float
    strips: int
    strip: float
    read: float
    answered: float
    write: float
    task: float

    def in_strips(self, scenes: float) -> dict[str, float]:
        """Return the seconds of each part of a number of such scenes, mapped one after another."""
        return {
            "workers": scenes * (self.windows * self.look + self.strips * self.strip),
            "scheduler": scenes * (self.windows + self.strips) * self.task,
            "client": scenes * (self.write + self.answered / NETWORK),
            "storage": scenes * self.read / STORAGE,
        }

    def whole(self, scenes: float) -> dict[str, float]:
        """Return the same where each worker maps whole scenes and writes their maps."""
        own = self.windows * self.look + self.strips * self.strip + self.write
        return {
            "workers": scenes * own,
            "scheduler": scenes * self.task,
            "storage": scenes * self.read / STORAGE,
        }


def measured_parts(classifier: Classifier, raster: Raster, scratch: Path) -> Parts:
    """Measure the parts of the map of a scene in this process, with one thread."""
    height, width, bands = raster.shape
    valid = np.ones((height, width), bool)
    windows = raster.windows()
    some = windows[:: max(1, len(windows) // 20)]
    look_seconds = [seconds(look, raster, *window, None) for window in some]

    projection, window = classifier.projection, classifier.model.window
    rows = strips(classifier.model, len(projection.axes), height)
    spent, received, parts = [], 0, []

    def classify(strip: slice) -> None:
        scene = ProjectedScene(raster, projection, valid)
        tiles = classify_scene(classifier.model, scene, None, False, strip)
        [(_, found)] = full_width(tiles, width)
        parts.append(part_of(strip, slice(0, width), found))

    classify(rows[0])  # the first call allocates memory and plans convolutions
    parts.clear()
    for strip in rows:
        spent.append(seconds(classify, strip))
        sent = parts[-1]._replace(
            classes=parts[-1].classes.astype(np.uint8), confidence=None, probabilities=None
        )
        received += len(pickle.dumps(sent, protocol=5))
    outputs = Outputs(scratch / "written.tif", None, None, None)
    borders = (len(rows) - 1) * (window - 1) * width
    return Parts(
        windows=len(windows),
        look=float(np.mean(look_seconds)),
        strips=len(rows),
        strip=float(np.mean(spent)),
        read=(2 * height * width + borders) * bands * raster.dtype.itemsize,
        answered=received + height * width,  # a byte a pixel of the check, too
        write=seconds(write_map, classifier, raster, outputs, valid, None, parts, False),
        task=task_seconds(),
    )


def nothing(number: int) -> int:
    """Return the argument: a task that takes no time."""
    return number


def task_seconds() -> float:
    """Return what client, scheduler and two local workers take for a task that does nothing."""
    here = "127.0.0.1:0"
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=here,
            worker_dashboard_address=here,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip

        def run(tasks: int) -> None:
            futures = [client.submit(nothing, number, pure=False) for number in range(tasks)]
            client.gather(futures)

        run(100)
        return seconds(run, TASKS) / TASKS


def main() -> None:
    """Write the scene, map it in each way, measure the parts, and publish."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    torch.set_num_threads(1)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        scene = folder / "scene.img"
        classifier = untrained(write_scene(scene, lines, SAMPLES))
        classifier.save(folder / "classifier")
        maps = []
        for workers in (0, *WORKERS):
            path = folder / f"map{workers}.tif"
            command = [sys.executable, "-m", "hsi.cli", "predict"]
            command += [str(folder / "classifier"), str(scene), str(path)]
            command += ["--cluster", f"local:{workers}"] if workers else []
            spent, _ = run_measured(command, env=environment)
            same = path.read_bytes() == (folder / "map0.tif").read_bytes()
            maps.append((workers, spent, same))
        raster = open_raster(Source(scene, None, "--key"), None, None, (BANDS,), "--band-axis")
        parts = measured_parts(classifier, raster, folder)
        size = scene.stat().st_size
    text = section(maps, parts, lines, size)
    if lines == LINES:
        publish("cluster_maps", "A map on a cluster", text)
    else:
        print(text)


def section(maps: list[tuple[int, float, bool]], parts: Parts, lines: int, size: int) -> str:
    """Return the section of the page.

    Args:
        maps: Workers, 0 for none, seconds, and whether the file is that of no workers.
        parts: Of the same scene.
        lines: Height of the scene.
        size: Bytes of the scene.
    """
    alone = maps[0][1]
    ways = table(
        ["workers", "seconds", "times faster", "same file"],
        [[str(workers or "no cluster"), f"{spent:.1f}", f"{alone / spent:.2f}",
          "yes" if same else "NO"] for workers, spent, same in maps],
    )  # fmt: skip
    of_parts = table(
        ["part", "tasks", "seconds each", "bytes in all"],
        [
            ["check of a window, worker", f"{parts.windows}", f"{parts.look:.3f}", ""],
            ["strip of tiles, worker", f"{parts.strips}", f"{parts.strip:.2f}",
             f"{parts.read / 1e6:,.0f} MB read, check included"],
            ["scheduler and client, a task", f"{parts.windows + parts.strips}",
             f"{parts.task:.5f}", ""],
            ["client: receive and write", "1", f"{parts.write:.2f}",
             f"{parts.answered / 1e6:,.1f} MB received"],
        ],
    )  # fmt: skip
    scenes = ARCHIVE / size
    archives = {  # with the largest number of workers that are busy
        "strips": (parts.in_strips(scenes), parts.strips),
        "whole scenes": (parts.whole(scenes), int(scenes)),
    }
    rows = []
    for workers in MANY:
        rows.append([f"{workers:,}"])
        for needed, busy in archives.values():
            spent = needed | {"workers": needed["workers"] / min(workers, busy)}
            slowest = max(spent, key=lambda name: spent[name])
            rows[-1] += [f"{spent[slowest] / 3600:,.2f}", slowest]
    ends = " ".join(
        f"With {way}, at most {busy:,} workers are busy, and the limit is "
        + ", ".join(f"the {name} from {needed['workers'] / spent:,.0f} workers on"
                    for name, spent in needed.items() if name != "workers")
        + "."
        for way, (needed, busy) in archives.items()
    )  # fmt: skip
    scene = f"{lines:,} x {SAMPLES:,} pixels with {BANDS} bands ({size / 1e9:.2f} GB)"
    return f"""`hsi predict` of {scene}, HybridSN without turns, one thread a process,
{os.cpu_count()} cores. The seconds of workers on this machine include their start.

{ways}

{of_parts}

On paper, from these parts: {ARCHIVE / 1e12:.0f} TB of such scenes through one scheduler, where
everything runs at the same time and the slowest part decides. *Strips*: one scene after another, as
in the tables above. *Whole scenes*: one command with many scenes, where a worker maps a whole scene
and writes its files. As stated and not measured, the storage gives {STORAGE / 1e9:.1f} GB/s to all
workers together, and a client receives {NETWORK / 1e9:.2f} GB/s. The start of the workers and the
end, where some wait, are left out, so these are lower bounds; no cluster of several machines was
tried. A scene keeps at most as many workers busy as it has strips.

{table(["workers", "strips, hours", "limited by", "whole scenes, hours", "limited by"], rows)}

Each part sets a limit, beyond which more workers do not help. {ends}"""


if __name__ == "__main__":
    main()
