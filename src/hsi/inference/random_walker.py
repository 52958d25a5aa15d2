"""Smooth class probabilities within fields and not across their edges, by a random walker.

The pixels are the nodes of a graph in which neighbours are linked, strongly where their components
are alike. With the Laplacian L of the graph, the smoothed probabilities X of the probabilities P
minimise, for each class,

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
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32
from scipy import sparse
from scipy.sparse.linalg import splu

from hsi.inference.box import box_sum
from hsi.inference.smoothing import Image, Smoothing

# Constants to choose from where params.yaml sets none.
SHARPNESS, GAMMA, BETA = (1.0, 2.0), (0.1, 0.03, 0.01, 0.003, 0.001), (1.0, 2.0)
LEAST = 1e-6  # added to a probability whose logarithm is taken
TOLERANCE = 1e-2  # of what lies beyond the reach, in a scene where nothing stops the walker
ROWS, ENOUGH = 256, 2**20  # rows at once, and pixels to measure the scale by
DIRECT = 2**18  # pixels up to which a factorisation is used; it takes 550 MB then
RESIDUAL = 1e-6  # of the linear system, relative
OFFSETS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2**-0.5), (1, -1, 2**-0.5))  # rows, columns, weight


class Links(NamedTuple):
    """Links between neighbours, all in one direction.

    Attributes:
        first: Rows and columns of the first pixel of each.
        second: Those of the second.
        weight: What a link weighs where the two are alike.
        distance: Squared difference of the components of the two.
    """

    first: tuple[np.ndarray, np.ndarray]
    second: tuple[np.ndarray, np.ndarray]
    weight: float
    distance: np.ndarray


@dataclass(frozen=True)
class RandomWalker(Smoothing):
    """A random walker with priors.

    Attributes:
        seeds: `training`: training labels stop the walker; `none`: they are not used.
        sharpness: The probabilities are raised to this power first; None: choose one.
        gamma: Weight of a pixel's own probabilities, beside links of weights up to 1; None: choose.
        beta: How much a difference of components weakens a link; None: choose.
        scale: Median squared difference of neighbours on the training side, the unit of beta;
            None: not measured yet.
    """

    seeds: str
    sharpness: float | None
    gamma: float | None
    beta: float | None
    scale: float | None = None

    @property
    def reach(self) -> int:
        """Rows beyond which less than TOLERANCE comes from.

        Where all links have the weight of 1, the influence of a row at distance d is exp(-d / l),
        with l^2 = (1 + sqrt(2)) / gamma.
        """
        assert self.gamma is not None, "choose one first"
        return math.ceil(-math.log(TOLERANCE) * math.sqrt((1 + math.sqrt(2)) / self.gamma))

    @property
    def anchored(self) -> bool:
        """Whether training labels stop the walker."""
        return self.seeds == "training"

    def prepared(self, image: Image, inside: Bool[np.ndarray, "height width"]) -> Smoothing:
        """Measure the scale: see `Smoothing.prepared`."""
        height = len(inside)
        thinned = 1 + inside.sum() // ENOUGH
        found = [np.zeros(0)]
        for top in range(0, height, ROWS):
            rows = slice(top, min(height, top + ROWS))
            distances = [distance for *_, distance in links(image(rows), inside[rows])]
            found.append(np.concatenate(distances)[::thinned])
        distance = np.concatenate(found)
        median = float(np.median(distance)) if len(distance) else 0.0
        return replace(self, scale=median or 1.0)

    def candidates(self) -> list[Smoothing]:
        """Return a walker for each combination of constants that are not set."""
        values = [
            choices if given is None else (given,)
            for given, choices in (
                (self.sharpness, SHARPNESS),
                (self.gamma, GAMMA),
                (self.beta, BETA),
            )
        ]
        return [
            replace(self, sharpness=sharpness, gamma=gamma, beta=beta)
            for sharpness, gamma, beta in product(*values)
        ]

    def unanchored(self) -> Smoothing:
        """Return the walker that no label stops."""
        return replace(self, seeds="none")

    def smooth(
        self,
        probability: Float32[np.ndarray, "rows width classes"],
        image: Float32[np.ndarray, "components rows width"],
        inside: Bool[np.ndarray, "rows width"],
        known: Int32[np.ndarray, "rows width"],
    ) -> Float32[np.ndarray, "rows width classes"]:
        """Return where walkers stop: see `Smoothing.smooth`."""
        assert self.sharpness is not None
        assert self.gamma is not None
        assert self.beta is not None
        assert self.scale is not None, "prepare it first"
        laplacian = laplacian_of(image, inside, self.beta / self.scale)
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


def laplacian_of(
    image: Float32[np.ndarray, "components rows width"],
    inside: Bool[np.ndarray, "rows width"],
    beta: float,
) -> sparse.csr_array:
    """Return the Laplacian of the pixels inside, (pixels, pixels), in reading order.

    The weight of a link is exp(-beta * squared difference), and that over the square root of 2 for
    diagonal ones.
    """
    number = np.cumsum(inside).reshape(inside.shape) - 1
    many = int(inside.sum())
    starts, ends, weights = [], [], []
    for first, second, straight, distance in links(image, inside):
        starts.append(number[first])
        ends.append(number[second])
        weights.append(straight * np.exp(-beta * distance))
    start, end, weight = (np.concatenate(each) for each in (starts, ends, weights))
    once = sparse.coo_array((weight, (start, end)), shape=(many, many)).tocsr()
    adjacency = once + once.T
    return (sparse.diags_array(adjacency.sum(1)) - adjacency).tocsr()


def links(
    image: Float32[np.ndarray, "components rows width"], inside: Bool[np.ndarray, "rows width"]
) -> list[Links]:
    """Return the links between neighbours that are both inside.

    The components of a pixel are the means over the 3 x 3 pixels around it that are inside. There
    are links of four directions.
    """
    leading = np.where(inside, image, np.float32(0)).transpose(1, 2, 0)
    many = box_sum(inside[..., None].astype(np.float32), 3)
    mean = (box_sum(leading, 3) / np.maximum(many, 1)).astype(np.float64)
    height, width = inside.shape
    found = []
    for down, across, weight in OFFSETS:
        one = np.s_[: height - down, max(0, -across) : width - max(0, across)]
        other = np.s_[down:, max(0, across) : width + min(0, across)]
        rows, columns = np.nonzero(inside[one] & inside[other])
        first = rows, columns + max(0, -across)
        second = rows + down, columns + max(0, across)
        difference = mean[first] - mean[second]
        found.append(Links(first, second, weight, np.square(difference).sum(1)))
    return found


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
