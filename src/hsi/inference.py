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
from hsi.windows import gather


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
    for across, down in _tiles(model, padded):
        inside = (across.start <= rows) & (rows < across.stop)
        inside &= (down.start <= columns) & (columns < down.stop)
        if inside.any():
            own = rows[inside] - across.start, columns[inside] - down.start
            yield np.flatnonzero(inside), _tile(model, padded, hidden, across, down, own, turns)


def classify_scene(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    turns: bool,
) -> Iterator[tuple[slice, slice, Float32[np.ndarray, "tile_height tile_width classes"]]]:
    """Yield rows, columns and class probabilities of every pixel, a tile of the scene at a time.

    Memory is set by the tiles, not by the scene. Arguments are those of `classify`.
    """
    for across, down in _tiles(model, padded):
        shape = across.stop - across.start, down.stop - down.start
        own = tuple(each.ravel() for each in np.indices(shape))
        probability = _tile(model, padded, None, across, down, own, turns)
        yield across, down, probability.reshape(*shape, -1)


def _tiles(
    model: TrunkHead, padded: Float32[np.ndarray, "components padded_height padded_width"]
) -> list[tuple[slice, slice]]:
    components, *sides = padded.shape
    height, width = (side - model.window + 1 for side in sides)
    return tiles(height, width, portions(model, components).side)


@torch.inference_mode()
def _tile(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    hidden: Bool[np.ndarray, "padded_height padded_width"] | None,
    across: slice,
    down: slice,
    own: tuple[np.ndarray, ...],
    turns: bool,
) -> Float32[np.ndarray, "pixels classes"]:
    """Return the probabilities of some pixels of a tile, given by row and column inside it."""
    model.eval()
    device = next(model.parameters()).device
    halo = model.window - 1
    here = slice(across.start, across.stop + halo), slice(down.start, down.stop + halo)
    piece = part(padded, slice(None), *here)
    if hidden is not None:
        piece *= ~hidden[here]
    scene = torch.from_numpy(piece).to(device)
    rows, columns = (torch.from_numpy(each).to(device) for each in own)
    shape = across.stop - across.start, down.stop - down.start
    # On a GPU, cuDNN would round the inputs of convolutions to 10 bits.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        answers = [
            _probabilities(model, turned(scene, way), *turned_pixels(rows, columns, shape, way))
            for way in range(SYMMETRIES if turns else 1)
        ]
    return torch.stack(answers).mean(0).cpu().numpy()


def _probabilities(
    model: TrunkHead,
    padded: Float32[Tensor, "components padded_height padded_width"],
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
) -> Float32[Tensor, "pixels classes"]:
    size = model.window - 2 * model.margin
    features = model.trunk(padded[None, None]).squeeze(0)
    at_once = portions(model, len(padded)).windows
    parts = torch.stack([rows, columns]).split(at_once, dim=1)
    scores = [model.head(gather(features, part[0], part[1], size)) for part in parts]
    return torch.cat(scores).softmax(1)
