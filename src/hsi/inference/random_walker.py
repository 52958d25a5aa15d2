"""Smooth class probabilities within fields and not across their edges, by a random walker.

The pixels are the nodes of a graph in which neighbours are linked, strongly where their components
are alike and no border of regions lies between them. With the Laplacian L of the graph, the
smoothed probabilities X of the probabilities P minimise, for each class,

    x' L x + gamma * |x - p|^2, so that (L + gamma I) X = gamma P.

A walker that starts at a pixel takes links in proportion to their weights, and stops at each step
with a probability that gamma sets; x is the mean of p where it stops. Pixels whose label is known
stop it always.

Sources: Grady, CVPR 2005 (with priors), https://doi.org/10.1109/CVPR.2005.239; Grady, TPAMI 2006,
https://doi.org/10.1109/TPAMI.2006.233; Kang et al., TGRS 2015 (for hyperspectral scenes),
https://doi.org/10.1109/TGRS.2014.2319373
"""

import math
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64
from scipy import sparse
from scipy.sparse.linalg import splu

from hsi.inference.box import box_sum
from hsi.inference.regions import TILE, border_heights
from hsi.inference.smoothing import Graph, Image, Smoothing

# Constants to choose from where params.yaml sets none.
SHARPNESS, GAMMA, BETA = (1.0, 2.0), (0.1, 0.03, 0.01, 0.003, 0.001), (1.0, 2.0)
# With labels that stop it, a walker may go further.
GAMMA_ANCHORED, BORDERS_ANCHORED = (0.03, 0.01, 0.003, 0.001, 0.0003), (0.0, 1.0)
LEAST = 1e-6  # added to a probability whose logarithm is taken
TOLERANCE = 1e-2  # of what lies beyond the reach, in a scene where nothing stops the walker
EDGES = 10  # components whose differences between neighbours count
ENOUGH = 2**20  # pixels to measure the units by
SHARE = 2 / 3  # of the borders that are lower than the unit of their heights
DIRECT = 2**18  # pixels up to which a factorisation is used; it takes 550 MB then
RESIDUAL = 1e-6  # of the linear system, relative
OFFSETS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2**-0.5), (1, -1, 2**-0.5))  # rows, columns, weight


@dataclass(frozen=True)
class RandomWalker(Smoothing):
    """A random walker with priors.

    Attributes:
        seeds: `training`: training labels stop the walker; `none`: they are not used.
        sharpness: The probabilities are raised to this power first; None: choose one.
        gamma: Weight of a pixel's own probabilities, beside links of weights up to 1; None: choose.
        beta: How much a difference of components weakens a link; None: choose.
        borders: How much a border of regions weakens a link besides; None: choose, if training
            labels stop the walker, and else 0, which does without regions.
        scale: Median squared difference of neighbours, the unit of beta; None: not measured yet.
        height: Height of a border that two thirds of all borders do not reach, the unit of
            `borders`; None: not measured yet, or not needed.
    """

    seeds: str
    sharpness: float | None
    gamma: float | None
    beta: float | None
    borders: float | None
    scale: float | None = None
    height: float | None = None

    @property
    def reach(self) -> int:
        """Rows beyond which less than TOLERANCE comes from; with regions, whole tiles of them.

        Where all links have the weight of 1, the influence of a row at distance d is exp(-d / l),
        with l^2 = (1 + sqrt(2)) / gamma.
        """
        assert self.gamma is not None, "choose one first"
        rows = math.ceil(-math.log(TOLERANCE) * math.sqrt((1 + math.sqrt(2)) / self.gamma))
        return math.ceil(rows / TILE) * TILE if self.with_regions else rows

    @property
    def anchored(self) -> bool:
        """Whether training labels stop the walker."""
        return self.seeds == "training"

    @property
    def with_regions(self) -> bool:
        """Whether borders of regions may weaken links."""
        return self.anchored if self.borders is None else self.borders > 0

    def prepared(self, image: Image, inside: Bool[np.ndarray, "height width"]) -> Smoothing:
        """Measure scale and height: see `Smoothing.prepared`."""
        thinned = 1 + int(inside.sum()) // ENOUGH
        distances, heights = [np.zeros(0)], [np.zeros(0)]
        for number, top in enumerate(range(0, len(inside), TILE)):
            rows = slice(top, min(len(inside), top + TILE))
            part = self if number % thinned == 0 else replace(self, borders=0.0)
            graph = part.graph(image(rows), inside[rows])
            distances.append(graph.distance[::thinned])
            if graph.height is not None:
                heights.append(graph.height)
        distance, height = np.concatenate(distances), np.concatenate(heights)
        scale = float(np.median(distance)) if len(distance) else 0.0
        unit = float(np.quantile(height, SHARE)) if len(height) else 0.0
        return replace(self, scale=scale or 1.0, height=(unit or 1.0) if len(height) else None)

    def candidates(self) -> list[Smoothing]:
        """Return a walker for each combination of constants that are not set."""
        values = [
            choices if given is None else (given,)
            for given, choices in (
                (self.sharpness, SHARPNESS),
                (self.gamma, GAMMA_ANCHORED if self.anchored else GAMMA),
                (self.beta, BETA),
                (self.borders, BORDERS_ANCHORED if self.anchored else (0.0,)),
            )
        ]
        return [
            replace(self, sharpness=sharpness, gamma=gamma, beta=beta, borders=borders)
            for sharpness, gamma, beta, borders in product(*values)
        ]

    def unanchored(self) -> Smoothing:
        """Return the walker that no label stops."""
        return replace(self, seeds="none")

    def unset(self) -> Smoothing:
        """Return a walker with all constants to be chosen."""
        return replace(self, sharpness=None, gamma=None, beta=None, borders=None)

    def graph(
        self,
        image: Float32[np.ndarray, "components rows width"],
        inside: Bool[np.ndarray, "rows width"],
    ) -> Graph:
        """Return the links between neighbours that are both inside.

        There are links of four directions. Their distance is between means over the 3 x 3 pixels
        around each pixel that are inside, of the leading components.
        """
        own = np.where(inside, image, np.float32(0))
        leading = own[:EDGES].transpose(1, 2, 0)
        many = box_sum(inside[..., None].astype(np.float32), 3)
        mean = (box_sum(leading, 3) / np.maximum(many, 1)).astype(np.float64)
        height, width = inside.shape
        number: Int64[np.ndarray, "rows width"] = np.arange(height * width).reshape(height, width)
        starts, ends, weights, distances = [], [], [], []
        for down, across, straight in OFFSETS:
            one = np.s_[: height - down, max(0, -across) : width - max(0, across)]
            other = np.s_[down:, max(0, across) : width + min(0, across)]
            linked = inside[one] & inside[other]
            difference = mean[one][linked] - mean[other][linked]
            starts.append(number[one][linked])
            ends.append(number[other][linked])
            weights.append(np.full(len(difference), straight))
            distances.append(np.square(difference).sum(1))
        start, end, weight, distance = map(np.concatenate, (starts, ends, weights, distances))
        borders = border_heights(own, start, end) if self.with_regions else None
        among = np.cumsum(inside) - 1
        return Graph(among[start], among[end], weight, distance, borders)

    def smooth(
        self,
        probability: Float32[np.ndarray, "rows width classes"],
        graph: Graph | None,
        inside: Bool[np.ndarray, "rows width"],
        known: Int32[np.ndarray, "rows width"],
    ) -> Float32[np.ndarray, "rows width classes"]:
        """Return where walkers stop: see `Smoothing.smooth`."""
        assert self.sharpness is not None
        assert self.gamma is not None
        assert graph is not None
        laplacian = self.laplacian(graph, int(inside.sum()))
        prior = sharpened(probability[inside], self.sharpness)
        given = known[inside]
        free, fixed = np.flatnonzero(given == 0), np.flatnonzero(given)
        answer = np.zeros_like(prior)
        answer[fixed, given[fixed] - 1] = 1
        of_free = laplacian[free]
        matrix = of_free[:, free] + self.gamma * sparse.eye_array(len(free), format="csr")
        wanted = self.gamma * prior[free] - of_free[:, fixed] @ answer[fixed]
        answer[free] = solve(matrix.tocsr(), wanted, prior[free])
        result = probability.copy()
        answer = np.clip(answer, 0, None)
        result[inside] = answer / answer.sum(1, keepdims=True)
        return result

    def laplacian(self, graph: Graph, pixels: int) -> sparse.csr_array:
        """Return the Laplacian of a graph, (pixels, pixels).

        The weight of a link is exp(-beta * distance / scale - borders * height / unit of heights),
        and that over the square root of 2 for diagonal ones.
        """
        assert self.beta is not None
        assert self.scale is not None, "prepare it first"
        hindrance = self.beta / self.scale * graph.distance
        if self.borders:
            assert self.height is not None, "prepare it first"
            assert graph.height is not None
            hindrance += self.borders / self.height * graph.height
        weight = graph.weight * np.exp(-hindrance)
        shape = (pixels, pixels)
        once = sparse.coo_array((weight, (graph.start, graph.end)), shape=shape).tocsr()
        adjacency = once + once.T
        return (sparse.diags_array(adjacency.sum(1)) - adjacency).tocsr()


def sharpened(
    probability: Float32[np.ndarray, "pixels classes"], power: float
) -> Float64[np.ndarray, "pixels classes"]:
    """Return the probabilities raised to a power."""
    raised = (probability.astype(np.float64) + LEAST) ** power
    return raised / raised.sum(1, keepdims=True)


def solve(
    matrix: sparse.csr_array,
    wanted: Float64[np.ndarray, "pixels classes"],
    start: Float64[np.ndarray, "pixels classes"],
) -> Float64[np.ndarray, "pixels classes"]:
    """Solve a symmetric positive definite system for every class.

    A factorisation is exact, and the fastest for one scene of the literature. Its memory grows
    faster than the scene, so larger systems are solved by conjugate gradients, preconditioned by
    algebraic multigrid.

    Source: Bell et al., JOSS 2023 (PyAMG). https://doi.org/10.21105/joss.05495
    """
    if not len(wanted):  # every pixel has a label
        return wanted
    if len(wanted) <= DIRECT:
        symmetric = {"permc_spec": "MMD_AT_PLUS_A", "options": {"SymmetricMode": True}}
        return splu(matrix.tocsc(), diag_pivot_thresh=0.0, **symmetric).solve(wanted)
    import pyamg  # half a second to import, and only a large scene needs it

    hierarchy = pyamg.ruge_stuben_solver(matrix)
    columns = [
        hierarchy.solve(right, x0=first, tol=RESIDUAL, accel="cg")
        for right, first in zip(wanted.T, start.T, strict=True)
    ]
    return np.stack(columns, axis=1)
