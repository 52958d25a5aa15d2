"""What the record of a study shows: each pair of variants, compared run by run.

One rule gives every verdict: Wilcoxon's signed-rank test on OA over runs with the same split and
seed, corrected by Holm over the pairs of a split, at the 5 % level. Intervals decide nothing.
"""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.studies.plan import Study
from experiments.studies.record import COSTS, FLOORS, LEAK, RECALL, REGIME, SCORES, VALIDATION
from hsi.scores.significance import LEVEL, holm, interval, least_signed_rank, signed_rank

NOT_SHOWN = "no difference shown"


@dataclass(frozen=True)
class Comparison:
    """One variant against another on the same split and seeds.

    Attributes:
        split: The name of the split.
        first: The variant that the verdict is about.
        second: The variant that it is tested against.
        oa: (runs,) OA of the first minus OA of the second, in points.
        aa: (runs,) AA of the first minus AA of the second, in points.
        p: P-value of Wilcoxon's signed-rank test on OA.
        corrected: The p-value, corrected by Holm over the pairs of this split.
        only_first: Test pixels that only the first classifies correctly, summed over runs; None
            where they were not counted.
        only_second: Test pixels that only the second classifies correctly, likewise.
        regimes: `inductive` or `transductive`, of the first and of the second; empty where that was
            not recorded.
    """

    split: str
    first: str
    second: str
    oa: np.ndarray
    aa: np.ndarray
    p: float
    corrected: float
    only_first: int | None
    only_second: int | None
    regimes: tuple[str, str]

    @property
    def verdict(self) -> str:
        """Whether the first is `better` or `worse`, or `no difference shown`."""
        if self.corrected >= LEVEL:
            return NOT_SHOWN
        return "better" if np.median(self.oa) > 0 else "worse"

    @property
    def sentence(self) -> str:
        """The verdict with its numbers."""
        pair = f"{self.first} against {self.second} on {self.split}"
        if len(set(self.regimes)) > 1:
            pair += f" ({' against '.join(self.regimes)})"
        runs = (
            f"OA {spread(self.oa)} points over {len(self.oa)} paired run{'s' * (len(self.oa) != 1)}"
        )
        return f"{pair}: {self.verdict} ({runs}, corrected p = {self.corrected:.3f})."


def read_runs(study: Study, path: Path) -> pd.DataFrame:
    """Read runs.csv, with a column for every number: one that was not recorded is NaN throughout.

    In a study of validation pixels, the columns of SCORES hold the scores on validation pixels, and
    there are neither floors nor recalls, because these are measured on test pixels.
    """
    words = dict.fromkeys(("split", "variant", "experiment", "commit", "machine", REGIME), str)
    runs = pd.read_csv(path, dtype=words, keep_default_na=False, na_values=[""])
    numbers = (*SCORES, *FLOORS, LEAK, *VALIDATION, *COSTS)
    runs = runs.reindex(columns=list(dict.fromkeys([*runs.columns, *numbers, REGIME])))
    if study.scored_on == "validation":
        for score, validated in zip(SCORES, VALIDATION, strict=True):
            runs[score] = runs[validated]
        runs[list(FLOORS)] = np.nan
        runs = runs.drop(columns=[each for each in runs if each.startswith(RECALL)])
    return runs


def read_pairs(path: Path) -> pd.DataFrame:
    """Read pairs.csv; without the file there are no pairs."""
    columns = ["split", "seed", "first", "second", "only_first", "only_second"]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    words = dict.fromkeys(("split", "first", "second"), str)
    return pd.read_csv(path, dtype=words, keep_default_na=False, na_values=[""])[columns]


def spread(values: np.ndarray) -> str:
    """Return the mean of signed values and half its 95 % interval, as text."""
    values = values[np.isfinite(values)]
    if not len(values):
        return "not recorded"
    mean, half = interval(values)
    return f"{mean:+.2f} ± {half:.2f}" if np.isfinite(half) else f"{mean:+.2f} (one run)"


def of(runs: pd.DataFrame, split: str, variant: str) -> pd.DataFrame:
    """Return the runs of one variant on one split."""
    return runs[(runs["split"] == split) & (runs["variant"] == variant)]


def regime_of(runs: pd.DataFrame, variant: str) -> str:
    """Return how a variant answers: `inductive`, `transductive`, or nothing if not recorded."""
    recorded = runs.loc[runs["variant"] == variant, REGIME].dropna()
    return str(recorded.iloc[0]) if len(recorded) else ""


def differences(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of some runs minus those of others with the same seed, in points."""
    scores = list(SCORES)
    points = 100 * (one.set_index("seed")[scores] - other.set_index("seed")[scores])
    return points.dropna(subset=["oa"])


def comparisons(study: Study, runs: pd.DataFrame, pairs: pd.DataFrame) -> list[Comparison]:
    """Test every pair of variants that the study compares, on each split."""
    result = []
    for split in study.splits:
        found = []
        for first, second in study.compare:
            points = differences(of(runs, split, first), of(runs, split, second))
            if len(points):
                found.append((first, second, points, signed_rank(points["oa"].to_numpy())))
        corrected = holm([p for *_, p in found])
        for (first, second, points, p), adjusted in zip(found, corrected, strict=True):
            counted = pairs[
                (pairs["split"] == split) & (pairs["first"] == first) & (pairs["second"] == second)
            ]
            one, other = (
                int(counted[column].sum()) if len(counted) else None
                for column in ("only_first", "only_second")
            )
            oa, aa = (points[score].to_numpy() for score in ("oa", "aa"))
            regimes = regime_of(runs, first), regime_of(runs, second)
            compared = Comparison(split, first, second, oa, aa, p, adjusted, one, other, regimes)
            result.append(compared)
    return result


def seeds_needed(pairs: int) -> int:
    """Return how many seeds are needed before any of some pairs can be shown to differ."""
    return next(seeds for seeds in count(1) if pairs * least_signed_rank(seeds) < LEVEL)
