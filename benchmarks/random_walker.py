"""Smooth a scene of 25 million pixels with the random walker, and measure seconds and memory.

    python -m benchmarks.random_walker               # 5,000 x 5,000 pixels
    python -m benchmarks.random_walker --side 1000

Fields of random shapes have noise around one of nine spectra, of which ten components are kept in
memory as float16; the probabilities of nine classes are drawn when they are asked for. Strips are
smoothed one after the other (`hsi.inference.smoothing.smooth_tiles`). A part of the scene is also
smoothed as a whole, and the largest difference printed. This walk does without borders of regions
(benchmarks/regions.py). Writes its section of docs/results/performance.md.
"""

import argparse
import os
import resource
import time
from collections.abc import Iterator

import numpy as np
from scipy.ndimage import zoom

from benchmarks.performance_page import publish, table
from hsi.inference.random_walker import TOLERANCE, RandomWalker
from hsi.inference.smoothing import Image, smooth_tiles, whole

CLASSES, COMPONENTS, FIELD = 9, 10, 40
WALKER = RandomWalker("none", sharpness=1.0, gamma=0.01, beta=1.0, borders=0.0)


def scene(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each pixel, and its components."""
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, CLASSES, (side // FIELD + 1, side // FIELD + 1))
    fields = zoom(coarse.astype(np.uint8), FIELD, order=0)[:side, :side]
    spectra = generator.normal(0, 4, (CLASSES, COMPONENTS)).astype(np.float16)
    image = np.empty((COMPONENTS, side, side), np.float16)
    for rows in range(0, side, 64):
        part = fields[rows : rows + 64]
        noise = generator.normal(0, 1, (*part.shape, COMPONENTS)).astype(np.float16)
        image[:, rows : rows + 64] = (spectra[part] + noise).transpose(2, 0, 1)
    return fields, image


def answers(fields: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yield probabilities in which six pixels of ten have the right class, 64 rows at a time."""
    height, width = fields.shape
    for top in range(0, height, 64):
        generator = np.random.default_rng(top)
        part = fields[top : top + 64]
        wrong = generator.integers(0, CLASSES, part.shape)
        said = np.where(generator.random(part.shape) < 0.6, part, wrong)
        probability = np.full((*part.shape, CLASSES), 0.4 / (CLASSES - 1), np.float32)
        np.put_along_axis(probability, said[..., None], np.float32(0.6), 2)
        yield slice(top, top + len(part)), slice(0, width), probability


def image_of(image: np.ndarray) -> Image:
    """Return what gives the components of some rows."""
    return lambda rows: image[:, rows].astype(np.float32)


def main() -> None:
    """Smooth the scene, compare a part of it with the whole, and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=5000, help="height and width in pixels")
    side = parser.parse_args().side
    fields, image = scene(side)
    inside, nothing = np.ones(fields.shape, bool), np.zeros(fields.shape, np.int32)
    walker = WALKER.prepared(image_of(image), inside)
    start = time.perf_counter()
    for _ in answers(fields):
        pass
    drawn = time.perf_counter() - start
    start, right = time.perf_counter(), 0
    for rows, columns, found in smooth_tiles(
        answers(fields), image_of(image), inside, nothing, walker
    ):
        right += int((found.argmax(-1) == fields[rows, columns]).sum())
    seconds = time.perf_counter() - start - drawn
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

    narrow = np.ascontiguousarray(fields[:, :200]), np.ascontiguousarray(image[:, :, :200])
    some, none = np.ones(narrow[0].shape, bool), np.zeros(narrow[0].shape, np.int32)
    of_narrow = image_of(narrow[1])
    parts = whole(smooth_tiles(answers(narrow[0]), of_narrow, some, none, walker))
    graph = walker.graph(of_narrow(slice(0, side)), some)
    at_once = walker.smooth(whole(answers(narrow[0])), graph, some, none)
    measured = [
        ["scene", f"{side:,} x {side:,}, {CLASSES} classes, gamma {WALKER.gamma}"],
        ["smoothed in", f"{seconds / 60:.1f} min"],
        ["pixels a second", f"{side * side / seconds:,.0f}"],
        ["peak memory, with the scene's components", f"{peak:,.0f} MiB"],
        ["these components", f"{image.nbytes / 2**20:,.0f} MiB"],
        ["right before and after", f"{0.6 + 0.4 / CLASSES:.1%}, {right / side**2:.1%}"],
        ["largest difference to the whole, 200 columns", f"{np.abs(parts - at_once).max():.5f}"],
        ["difference allowed", f"{TOLERANCE}"],
        ["cores", f"{os.cpu_count()}"],
    ]
    publish(
        "random_walker",
        "The random walker on 25 million pixels",
        table(["what", "measured"], measured),
    )


if __name__ == "__main__":
    main()
