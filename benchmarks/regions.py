"""Measure how long the random walker's links take without and with borders of regions.

    python -m benchmarks.regions

Each tile of a scene has a hierarchy of regions of its own, so its seconds times the number of tiles
are those of a scene. Writes its section of docs/results/performance.md.
"""

from dataclasses import replace
from statistics import median

import numpy as np

from benchmarks.performance_page import publish, table
from benchmarks.random_walker import COMPONENTS, WALKER, scene
from benchmarks.timing import seconds
from hsi.inference.regions import TILE

SIDES = (64, 128, TILE)
TIMES = 3


def main() -> None:
    """Measure and publish."""
    rows = []
    for side in SIDES:
        found: dict[float, list[float]] = {0.0: [], 1.0: []}
        for turn in range(TIMES):
            image = scene(side)[1].astype(np.float32) + np.float32(turn)  # a hierarchy is kept
            for borders, spent in found.items():
                walker = replace(WALKER, borders=borders)
                spent.append(seconds(walker.graph, image, np.ones((side, side), bool)))
        rows.append([f"{side} x {side}", *(f"{median(each):.2f}" for each in found.values())])
    heads = ["pixels", "links, s", "links weakened across borders, s"]
    publish(
        "regions",
        "Borders of regions for the random walker",
        f"""Synthetic fields with noise, {COMPONENTS} components, one thread of Python; medians of
{TIMES}. A larger scene consists of tiles of {TILE} x {TILE} pixels.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
