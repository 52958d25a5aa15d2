"""How strong the border between two pixels is: their place in a hierarchy of regions.

Neighbouring regions, single pixels at first, are merged one pair after the other: always the two
whose union adds the least variance (Ward). The height of the border between two neighbours is that
of the merge that joins them in one region; no merge counts as lower than one before it. A border is
low inside a field, although its pixels are noisy, and high between two fields, even if their mean
spectra differ by less than the noise of a pixel. In the segmentation of photographs this is known
as an ultrametric contour map.

Sources: Ward, JASA 1963, https://doi.org/10.1080/01621459.1963.10500845; Beaulieu & Goldberg, TPAMI
1989 (for images), https://doi.org/10.1109/34.16711; Arbelaez et al., TPAMI 2011, section 4,
https://doi.org/10.1109/TPAMI.2010.161
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy import sparse

TILE = 256  # side of the squares of which each has a hierarchy of its own, in pixels


def border_heights(
    image: Float32[np.ndarray, "components rows width"],
    start: Int64[np.ndarray, " links"],
    end: Int64[np.ndarray, " links"],
) -> Float64[np.ndarray, " links"]:
    """Return the height of the border between the two pixels of each link, in units of the image.

    Each tile has a hierarchy of its own, because the cost of one grows faster than its pixels. The
    tiles lie on a grid that begins at the first pixel. A link between two tiles has the height 0.

    Args:
        image: Components of each pixel.
        start: One pixel of each link, numbered in reading order.
        end: The other pixel.
    """
    _, rows, width = image.shape
    row, column = np.divmod(np.arange(rows * width), width)
    down, across = row // TILE, column // TILE
    together = (down[start] == down[end]) & (across[start] == across[end])
    heights = np.zeros(len(start))
    for top in range(0, rows, TILE):
        for left in range(0, width, TILE):
            tile = image[:, top : top + TILE, left : left + TILE]
            here = (down[start] == top // TILE) & (across[start] == left // TILE)
            own = np.flatnonzero(together & here)
            number = (row - top) * tile.shape[2] + column - left
            heights[own] = _heights_in(tile, number[start[own]], number[end[own]])
    return heights


def _heights_in(
    tile: Float32[np.ndarray, "components rows width"],
    start: Int64[np.ndarray, " links"],
    end: Int64[np.ndarray, " links"],
) -> Float64[np.ndarray, " links"]:
    """Return the heights of links within one tile."""
    if not len(start):
        return np.zeros(0)
    place, gaps = _hierarchy(tile.tobytes(), tile.shape)
    return _largest_between(gaps, *np.sort([place[start], place[end]], axis=0))


# A scene of one tile is asked for again: to measure the unit, in cross-validation, for the map.
@lru_cache(maxsize=2)
def _hierarchy(
    content: bytes, shape: tuple[int, int, int]
) -> tuple[Int64[np.ndarray, " leaves"], Float64[np.ndarray, " merges"]]:
    """Merge the pixels of a tile: see `_in_a_row` for what is returned."""
    from sklearn.cluster import ward_tree  # a second to import

    components, rows, width = shape
    near = [sparse.diags_array([1.0] * 3, offsets=[-1, 0, 1], shape=(n, n)) for n in (rows, width)]
    values = np.frombuffer(content, np.float32).reshape(components, -1)
    merges, _, leaves, _, height = ward_tree(
        values.T.astype(np.float64),
        connectivity=sparse.csr_matrix(sparse.kron(*near)),
        return_distance=True,
    )
    # The union of two regions may be nearer to a third than they were to each other.
    return _in_a_row(merges, np.maximum.accumulate(height), leaves)


def _in_a_row(
    merges: Int64[np.ndarray, "merges 2"], height: Float64[np.ndarray, " merges"], leaves: int
) -> tuple[Int64[np.ndarray, " leaves"], Float64[np.ndarray, " merges"]]:
    """Put the pixels in a row in which every region is contiguous.

    Returns:
        The place of each pixel, and the height of the merge that joined each place and the next.
    """
    first, last = list(range(leaves)), list(range(leaves))
    following, after = [-1] * leaves, [0.0] * leaves
    for (one, other), at in zip(merges.tolist(), height.tolist(), strict=True):
        following[last[one]], after[last[one]] = first[other], at
        first.append(first[one])
        last.append(last[other])
    order = np.empty(leaves, np.int64)
    pixel = first[-1]
    for place in range(leaves):
        order[place] = pixel
        pixel = following[pixel]
    places = np.empty(leaves, np.int64)
    places[order] = np.arange(leaves)
    return places, np.array(after)[order[:-1]]


def _largest_between(
    values: Float64[np.ndarray, " values"],
    start: Int64[np.ndarray, " ranges"],
    stop: Int64[np.ndarray, " ranges"],
) -> Float64[np.ndarray, " ranges"]:
    """Return the largest value of each range, of which none is empty.

    Two spans of a power of two, which may overlap, cover a range.
    """
    power = np.frexp(stop - start)[1] - 1
    largest, spans = np.empty(len(start)), values
    for level in range(power.max() + 1):
        own = power == level
        largest[own] = np.maximum(spans[start[own]], spans[stop[own] - 2**level])
        spans = np.maximum(spans[: -(2**level)], spans[2**level :])
    return largest
