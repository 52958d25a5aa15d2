"""Is one variant better than another? Intervals, paired tests and their correction."""

import numpy as np
from jaxtyping import Float
from scipy import stats

LEVEL = 0.05


def interval(values: Float[np.ndarray, " runs"]) -> tuple[float, float]:
    """Return the mean and half the width of its 95 % interval, by Student's t.

    The interval of a single value is infinite. Runs count as independent draws, although splits of
    one scene share its pixels.
    """
    if len(values) < 2:
        return float(values.mean()), float("inf")
    reach = stats.t.ppf(1 - LEVEL / 2, len(values) - 1) * stats.sem(values)
    return float(values.mean()), float(reach)


def signed_rank(differences: Float[np.ndarray, " runs"]) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test on differences of paired runs.

    Source: Wilcoxon, Biometrics Bulletin 1945; for comparing classifiers Demsar, JMLR 2006,
    https://www.jmlr.org/papers/v7/demsar06a.html
    """
    if not differences.any():
        return 1.0
    return float(stats.wilcoxon(differences).pvalue)


def least_signed_rank(runs: int) -> float:
    """Return the smallest p-value that `signed_rank` can return for a number of runs."""
    return min(1.0, 2.0 ** (1 - runs))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test.

    The test assumes that pixels are independent. Neighbouring pixels are not, so the value is far
    too small.

    Args:
        only_first: Number of pixels that only the first classifier has right.
        only_second: Number of pixels that only the second one has right.

    Source: McNemar, Psychometrika 1947, https://doi.org/10.1007/BF02295996
    """
    count = only_first + only_second
    return float(stats.binomtest(only_first, count).pvalue) if count else 1.0


def holm(p_values: list[float]) -> list[float]:
    """Return p-values corrected for multiple testing, in the order given.

    Source: Holm, Scandinavian Journal of Statistics 1979, https://www.jstor.org/stable/4615733
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, (len(p_values) - rank) * p_values[place])
        corrected[place] = min(1.0, largest)
    return corrected
