"""Class probabilities of pixels, computed one tile of the scene at a time.

A network's trunk runs once over each tile and its head reads windows of the trunk's output. The
result is that of the network on the window of each pixel alone, up to rounding, because a trunk
commutes with sliding the window.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from hsi.cube.padded import PaddedCube
from hsi.cube.symmetry import TURNS, apply_symmetry, symmetric_pixels
from hsi.inference.projected import ProjectedScene
from hsi.model import Model


def tiles(height: int, width: int, side: int) -> list[tuple[slice, slice]]:
    """Cut a scene into tiles of similar size, none longer than `side`, in reading order."""

    def cuts(length: int) -> list[slice]:
        edges = np.linspace(0, length, -(-length // side) + 1).round().astype(int).tolist()
        return [slice(start, stop) for start, stop in pairwise(edges)]

    return [(rows, columns) for rows in cuts(height) for columns in cuts(width)]


def strips(model: Model, components: int, height: int) -> list[slice]:
    """Return the rows of tiles that lie beside each other, for each strip of a scene."""
    return [rows for rows, _ in tiles(height, 1, model.memory_limits(components).side)]


def classify(
    model: Model,
    cube: PaddedCube,
    side: int | None,
    rows: Int64[np.ndarray, " pixels"],
    columns: Int64[np.ndarray, " pixels"],
    turns: bool,
) -> Iterator[tuple[Int64[np.ndarray, " some"], Float32[np.ndarray, "some classes"]]]:
    """Yield, for each tile, the numbers of the pixels in it and their class probabilities.

    Args:
        model: The model, on any device.
        cube: The padded cube.
        side: Mask the pixels of other sides of the split; None to mask nothing.
        rows: Row of each pixel in the scene.
        columns: Column of each.
        turns: Average over the four quarter turns, at four times the cost. Their mirror images
            would double it and score no better (benchmarks/turns.py).
    """
    limits = model.memory_limits(cube.components)
    for down, across in tiles(*cube.size, limits.side):
        inside = (down.start <= rows) & (rows < down.stop)
        inside &= (across.start <= columns) & (columns < across.stop)
        if inside.any():
            own = rows[inside] - down.start, columns[inside] - across.start
            some = (torch.from_numpy(own[0]), torch.from_numpy(own[1]))
            tile = cube.tile(down, across, model.window, side)
            yield np.flatnonzero(inside), _on_tile(model, tile, some, turns, limits.pixels)


def classify_scene(
    model: Model,
    cube: PaddedCube | ProjectedScene,
    side: int | None,
    turns: bool,
    strip: slice | None = None,
) -> Iterator[tuple[slice, slice, Float32[np.ndarray, "tile_height tile_width classes"]]]:
    """Yield rows, columns and class probabilities of every pixel, one tile of the scene at a time.

    The size of the tiles sets the memory that is needed, not the size of the scene.

    Args:
        model: As in `classify`.
        cube: The padded cube, or a scene that is projected tile by tile.
        side: As in `classify`.
        turns: As in `classify`.
        strip: One of `strips`, to classify the tiles of these rows alone; None for all.
    """
    limits = model.memory_limits(cube.components)
    for down, across in tiles(*cube.size, limits.side):
        if strip not in (None, down):
            continue
        tile = cube.tile(down, across, model.window, side)
        probability = _on_tile(model, tile, None, turns, limits.pixels)
        shape = down.stop - down.start, across.stop - across.start
        yield down, across, probability.reshape(*shape, -1)


def _on_tile(
    model: Model,
    tile: Float32[np.ndarray, "components tile_height tile_width"],
    some: tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]] | None,
    turns: bool,
    at_once: int,
) -> Float32[np.ndarray, "pixels classes"]:
    """Return the probabilities of some pixels of a tile, or of all in reading order."""
    model.eval()
    scene = torch.from_numpy(tile).to(next(model.parameters()).device)
    symmetries = range(TURNS if turns else 1)
    answers = [in_symmetry(model, scene, some, symmetry, at_once) for symmetry in symmetries]
    return torch.stack(answers).mean(0).cpu().numpy()


@torch.inference_mode()
def in_symmetry(
    model: Model,
    scene: Float32[Tensor, "components padded_height padded_width"],
    some: tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]] | None,
    symmetry: int,
    at_once: int,
) -> Float32[Tensor, "pixels classes"]:
    """Return the class probabilities of pixels of a scene that is turned or mirrored.

    Args:
        model: The model, in evaluation mode.
        scene: The padded scene as it is, on the model's device.
        some: Row and column of each pixel in the unpadded scene; None for all in reading order.
        symmetry: As in `hsi.cube.symmetry`.
        at_once: How many pixels a head reads together at most.
    """
    shape = (scene.shape[1] - model.window + 1, scene.shape[2] - model.window + 1)
    rows, columns = (each.to(scene.device) for each in some or torch.ones(shape).nonzero().T)
    places = symmetric_pixels(rows, columns, shape, symmetry)
    image = apply_symmetry(scene, symmetry)
    # On a GPU, cuDNN would otherwise round the inputs of convolutions to 10 bits.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        if some is not None:
            return model.probabilities(image, places, at_once)
        raster = model.probabilities(image, None, at_once)
    width = shape[1 - symmetry % 2]  # a quarter turn exchanges height and width
    return raster[places[0] * width + places[1]]
