"""Class probabilities of pixels: the trunk once over a tile, the head on windows of its output."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from hsi.files import part
from hsi.models.trunk_head import TrunkHead
from hsi.portions import portions
from hsi.symmetry import SYMMETRIES, turned, turned_pixels
from hsi.windows import windows


def tiles(height: int, width: int, side: int) -> list[tuple[slice, slice]]:
    """Cut a scene into tiles of like size, none of a side longer than `side`, in reading order."""

    def cuts(length: int) -> list[slice]:
        edges = np.linspace(0, length, -(-length // side) + 1).round().astype(int).tolist()
        return [slice(start, stop) for start, stop in pairwise(edges)]

    return [(rows, columns) for rows in cuts(height) for columns in cuts(width)]


def classify(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    hidden: Bool[np.ndarray, "padded_height padded_width"] | None,
    rows: Int64[np.ndarray, " pixels"],
    columns: Int64[np.ndarray, " pixels"],
    turns: bool,
) -> Iterator[tuple[Int64[np.ndarray, " some"], Float32[np.ndarray, "some classes"]]]:
    """Yield which pixels, counted from 0, and each class's probability there, tile by tile.

    The same as the network gives for each pixel's window alone, up to rounding, because a trunk
    commutes with sliding the window.

    Args:
        model: The network, on any device.
        padded: The padded cube; a memory-mapped file is read tile by tile.
        hidden: Which of its pixels the network is to see as zeros; None for none.
        rows: Row of each pixel in the cube without its margin.
        columns: Column of each.
        turns: Return the mean over the scene's eight turned and mirrored copies, at eight times
            the cost, rather than the scene as it lies.
    """
    weighed = portions(model, len(padded))
    for down, across in _tiles(model, padded, weighed.side):
        inside = (down.start <= rows) & (rows < down.stop)
        inside &= (across.start <= columns) & (columns < across.stop)
        if inside.any():
            own = rows[inside] - down.start, columns[inside] - across.start
            some = tuple(map(torch.from_numpy, own))
            yield (
                np.flatnonzero(inside),
                _tile(model, padded, hidden, down, across, some, turns, weighed.windows),
            )


def classify_scene(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    hidden: Bool[np.ndarray, "padded_height padded_width"] | None,
    turns: bool,
) -> Iterator[tuple[slice, slice, Float32[np.ndarray, "tile_height tile_width classes"]]]:
    """Yield rows, columns and class probabilities of every pixel, a tile of the scene at a time.

    Memory is set by the tiles, not by the scene. Arguments are those of `classify`.
    """
    weighed = portions(model, len(padded))
    for down, across in _tiles(model, padded, weighed.side):
        probability = _tile(model, padded, hidden, down, across, None, turns, weighed.windows)
        shape = down.stop - down.start, across.stop - across.start
        yield down, across, probability.reshape(*shape, -1)


def _tiles(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    side: int,
) -> list[tuple[slice, slice]]:
    height, width = (length - model.window + 1 for length in padded.shape[1:])
    return tiles(height, width, side)


@torch.inference_mode()
def _tile(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    hidden: Bool[np.ndarray, "padded_height padded_width"] | None,
    down: slice,
    across: slice,
    some: tuple[Tensor, ...] | None,
    turns: bool,
    at_once: int,
) -> Float32[np.ndarray, "pixels classes"]:
    """Return the probabilities of some pixels of a tile, given by row and column in it, or of all.

    All are in reading order.
    """
    model.eval()
    device = next(model.parameters()).device
    halo = model.window - 1
    here = slice(down.start, down.stop + halo), slice(across.start, across.stop + halo)
    piece = part(padded, slice(None), *here)
    if hidden is not None:
        piece *= ~hidden[here]
    scene = torch.from_numpy(piece).to(device)
    shape = down.stop - down.start, across.stop - across.start
    rows, columns = (each.to(device) for each in some or torch.ones(shape).nonzero().T)
    answers = []
    # On a GPU, cuDNN would round the inputs of convolutions to 10 bits.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for way in range(SYMMETRIES if turns else 1):
            there = turned_pixels(rows, columns, shape, way)
            if some is not None:
                answers.append(_probabilities(model, turned(scene, way), there, at_once))
            else:
                raster = _probabilities(model, turned(scene, way), None, at_once)
                width = shape[1 - way % 2]  # a quarter turn exchanges height and width
                answers.append(raster[there[0] * width + there[1]])
    return torch.stack(answers).mean(0).cpu().numpy()


def _probabilities(
    model: TrunkHead,
    padded: Float32[Tensor, "components padded_height padded_width"],
    some: tuple[Tensor, Tensor] | None,
    at_once: int,
) -> Float32[Tensor, "pixels classes"]:
    """Return the probabilities of some pixels, or of all in reading order."""
    size = model.window - 2 * model.margin
    view = windows(model.trunk(padded[None, None]).squeeze(0), size)
    if some is not None:
        indices = list(zip(*(each.split(at_once) for each in some), strict=True))
    else:  # whole rows of windows, or pieces of one: a copy of neighbours is a fast one
        height, width = view.shape[:2]
        long, many = min(width, at_once), max(1, at_once // width)
        indices = [
            (slice(top, top + many), slice(left, left + long))
            for top in range(0, height, many)
            for left in range(0, width, long)
        ]
    scores = [model.head(view[index].reshape(-1, *view.shape[2:])) for index in indices]
    return torch.cat(scores).softmax(1)
