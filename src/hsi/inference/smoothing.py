"""The form of every smoothing of class probabilities over the scene, and how a scene is smoothed.

A smoothing knows nothing of the split. It is given the pixels of one side, or of the whole scene,
and perhaps training labels that it may use: `hsi.inference.scene` decides.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64

from hsi.choices import SMOOTHINGS
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import Pixels
from hsi.inference.projected import ProjectedScene

LEADING = 30  # components that a smoothing is given, to tell where fields end

Tiles = Iterator[tuple[slice, slice, Float32[np.ndarray, "rows columns classes"]]]
Image = Callable[[slice], Float32[np.ndarray, "components rows width"]]


class Graph(NamedTuple):
    """Links between neighbours, each in one direction.

    Attributes:
        start: One pixel of each link, as its number among those inside, in reading order.
        end: The other pixel.
        weight: What the link weighs where the two are alike.
        distance: Squared difference of the components of the two.
        height: Height of the border between the two; None if borders do not count.
    """

    start: Int64[np.ndarray, " links"]
    end: Int64[np.ndarray, " links"]
    weight: Float64[np.ndarray, " links"]
    distance: Float64[np.ndarray, " links"]
    height: Float64[np.ndarray, " links"] | None


class Smoothing(ABC):
    """How the probabilities of a pixel take part in those of its neighbours."""

    @property
    @abstractmethod
    def reach(self) -> int:
        """How many rows above and below a row decide about its answer, to a stated tolerance.

        0: a pixel's answer depends on that pixel alone.
        """

    @property
    def anchored(self) -> bool:
        """Whether training labels are used as they are, beside the probabilities.

        Scores are transductive then, and inductive otherwise.
        """
        return False

    def prepared(self, image: Image, inside: Bool[np.ndarray, "height width"]) -> "Smoothing":
        """Return the smoothing with what it takes from the pixels that a model was trained on.

        Args:
            image: Returns the leading components of some rows.
            inside: The pixels of the training side, labelled or not; if training labels anchor the
                smoothing, those of the scene.
        """
        return self

    def graph(
        self,
        image: Float32[np.ndarray, "components rows width"],
        inside: Bool[np.ndarray, "rows width"],
    ) -> Graph | None:
        """Return how the pixels are linked, if `smooth` needs to know; all candidates share it.

        Args:
            image: The leading components of each pixel.
            inside: Which pixels take part.
        """
        return None

    def candidates(self) -> "list[Smoothing]":
        """Return the smoothings to choose from; itself alone if all its constants are set."""
        return [self]

    def unanchored(self) -> "Smoothing":
        """Return what smooths a scene without training labels in the same way."""
        return self

    def unset(self) -> "Smoothing":
        """Return the smoothing with all its constants to be chosen, if it can choose them."""
        return self

    @abstractmethod
    def smooth(
        self,
        probability: Float32[np.ndarray, "rows width classes"],
        graph: Graph | None,
        inside: Bool[np.ndarray, "rows width"],
        known: Int32[np.ndarray, "rows width"],
    ) -> Float32[np.ndarray, "rows width classes"]:
        """Return smoothed probabilities.

        Args:
            probability: Class probabilities of each pixel.
            graph: What `graph` returned for these pixels.
            inside: Which pixels take part; others keep their probabilities and decide nothing.
            known: Class, from 1, of pixels whose label is given; 0 for all others.
        """


@dataclass(frozen=True)
class NoSmoothing(Smoothing):
    """The probabilities as the model gives them."""

    @property
    def reach(self) -> int:
        """None."""
        return 0

    def smooth(
        self,
        probability: Float32[np.ndarray, "rows width classes"],
        graph: Graph | None,
        inside: Bool[np.ndarray, "rows width"],
        known: Int32[np.ndarray, "rows width"],
    ) -> Float32[np.ndarray, "rows width classes"]:
        """Return the probabilities: see `Smoothing.smooth`."""
        return probability


def smoothing_of(name: str, settings: dict[str, Any]) -> Smoothing:
    """Build a smoothing by its name in SMOOTHINGS, with the values of its fields."""
    built: Smoothing = SMOOTHINGS[name].load()(**settings)
    return built


def as_config(smoothing: Smoothing) -> dict[str, Any]:
    """Return what `smoothing_of` takes, for a file."""
    (name,) = (each for each, choice in SMOOTHINGS.items() if choice.load() is type(smoothing))
    return {"name": name, "settings": asdict(smoothing)}  # type: ignore[call-overload]


def smooth_tiles(
    tiles: Tiles,
    image: Image,
    inside: Bool[np.ndarray, "height width"],
    known: Int32[np.ndarray, "height width"],
    smoothing: Smoothing,
) -> Tiles:
    """Smooth a scene while it is classified, some rows of it at a time.

    A scene of up to four times the reach is smoothed as a whole. Of a higher one a strip is in
    memory, with as many rows above and below it as the smoothing reaches.

    Args:
        tiles: Rows, columns and class probabilities, in reading order.
        image: Returns the leading components of some rows.
        inside: Which pixels take part.
        known: Class, from 1, of pixels whose label is given; 0 for all others.
        smoothing: What to do.

    Yields:
        Rows, all columns, and smoothed probabilities.
    """
    if smoothing.reach == 0:
        yield from tiles
        return
    height, width = inside.shape
    strips = full_width(tiles, width)
    held: Float32[np.ndarray, "rows width classes"] = np.zeros((0, width, 1), np.float32)
    first = 0  # row of the scene that `held` begins with
    for own, around in smoothed_strips(height, smoothing.reach):
        parts = [held[around.start - first :]] if len(held) else []
        have = first + len(held)
        while have < around.stop:
            _, strip = next(strips)
            parts.append(strip)
            have += len(strip)
        held, first = np.concatenate(parts), around.start
        rows = around.stop - around.start
        graph = smoothing.graph(image(around), inside[around])
        found = smoothing.smooth(held[:rows], graph, inside[around], known[around])
        yield own, slice(0, width), found[own.start - first : own.stop - first]


def smoothed_strips(height: int, reach: int) -> list[tuple[slice, slice]]:
    """Return the rows that are smoothed at a time, each with the rows that decide about them."""
    step = 2 * reach
    edges = [0, height] if height <= 4 * reach else [*range(0, height - reach, step), height]
    return [
        (slice(top, bottom), slice(max(0, top - reach), min(height, bottom + reach)))
        for top, bottom in pairwise(edges)
    ]


def image_of(cube: PaddedCube | ProjectedScene) -> Image:
    """Return what gives the leading components of some rows of a cube."""
    return partial(cube.leading, most=LEADING)


def known_labels(pixels: Pixels, shape: tuple[int, ...]) -> Int32[np.ndarray, "height width"]:
    """Return the class of some pixels, from 1, and 0 for all others."""
    known = np.zeros(shape, np.int32)
    known[pixels.rows, pixels.columns] = pixels.targets + 1
    return known


def whole(tiles: Tiles) -> Float32[np.ndarray, "height width classes"]:
    """Return the probabilities of all tiles of a scene in one array."""
    parts = list(tiles)
    height, width = max(rows.stop for rows, *_ in parts), max(each.stop for _, each, _ in parts)
    result = np.empty((height, width, parts[0][2].shape[2]), np.float32)
    for rows, columns, probability in parts:
        result[rows, columns] = probability
    return result


def full_width(
    tiles: Tiles, width: int
) -> Iterator[tuple[slice, Float32[np.ndarray, "rows width classes"]]]:
    """Join tiles that lie beside each other, and yield the rows and probabilities of each strip."""
    beside: list[np.ndarray] = []
    for rows, columns, probability in tiles:
        beside.append(probability)
        if columns.stop == width:
            yield rows, np.concatenate(beside, axis=1)
            beside = []
