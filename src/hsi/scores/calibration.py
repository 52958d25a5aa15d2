"""Calibration: whether pixels of confidence p are right in a share p of the cases."""

import numpy as np
from jaxtyping import Float, Float32, Int

BINS = 15  # as in Guo et al.
STEPS = 100  # of coverage
LOWEST, HIGHEST = 0.05, 20.0  # temperature


def scaled(
    probability: Float32[np.ndarray, "*pixels classes"], temperature: float
) -> Float32[np.ndarray, "*pixels classes"]:
    """Return the probabilities at another temperature.

    A temperature above 1 flattens the distribution and one below 1 sharpens it; the ranking of
    classes does not change. For a softmax this equals dividing its inputs by the temperature; a
    mean of several softmaxes is treated as if it were one.

    Source: Guo et al., ICML 2017, section 4.2. https://arxiv.org/abs/1706.04599
    """
    if temperature == 1:
        return probability
    raised = (probability / probability.max(-1, keepdims=True)) ** np.float32(1 / temperature)
    return raised / raised.sum(-1, keepdims=True)


def fit_temperature(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> float:
    """Return the temperature that minimises the cross-entropy of pixels kept from training."""
    from scipy.optimize import minimize_scalar
    from sklearn.metrics import log_loss  # a second to import

    labels = np.arange(probability.shape[1])

    def cross_entropy(log_temperature: float) -> float:
        at = scaled(probability, float(np.exp(log_temperature)))
        return float(log_loss(targets, at, labels=labels))

    bounds = np.log([LOWEST, HIGHEST])
    return float(np.exp(minimize_scalar(cross_entropy, bounds=bounds, method="bounded").x))


def reliability(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> list[dict[str, float]]:
    """Return the mean confidence and the accuracy of each of 15 bins of confidence.

    Each bin has a `lower` and an `upper` edge, the number of its `pixels`, their mean `confidence`
    and their `accuracy`. Empty bins are left out.
    """
    confidence, hits = _confidence_and_hits(probability, targets)
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return [
        {
            "lower": number / BINS,
            "upper": (number + 1) / BINS,
            "pixels": int((place == number).sum()),
            "confidence": float(confidence[place == number].mean()),
            "accuracy": float(hits[place == number].mean()),
        }
        for number in np.unique(place).tolist()
    ]


def coverage(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> list[dict[str, float]]:
    """Return the `accuracy` of the most confident pixels, for each `coverage` from 0.01 to 1.

    Coverage is the share of pixels that are kept, the most confident first.
    """
    confidence, hits = _confidence_and_hits(probability, targets)
    accuracy = np.cumsum(hits[np.argsort(-confidence, kind="stable")])
    rows = []
    for share in np.arange(1, STEPS + 1) / STEPS:
        kept = max(1, round(share * len(hits)))
        rows.append({"coverage": float(share), "accuracy": float(accuracy[kept - 1] / kept)})
    return rows


def calibration(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> dict[str, float]:
    """Return `ece`, `brier` and `mean_confidence`.

    `ece` is the expected calibration error over 15 bins of equal width (Guo et al., eq. 3), a
    fraction of 1. `brier` is the Brier score, the squared distance to the one-hot truth summed over
    classes, from 0 to 2 (Brier 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
    """
    from sklearn.metrics import brier_score_loss  # a second to import

    bins = reliability(probability, targets)
    off = sum(each["pixels"] * abs(each["accuracy"] - each["confidence"]) for each in bins)
    labels = np.arange(probability.shape[1])
    brier = brier_score_loss(targets, probability, labels=labels, scale_by_half=False)
    return {
        "ece": off / len(targets),
        "brier": float(brier),
        "mean_confidence": float(probability.max(1).mean()),
    }


def entropy(
    probability: Float32[np.ndarray, "*pixels classes"],
) -> Float32[np.ndarray, "*pixels"]:
    """Return Shannon's entropy relative to a uniform distribution: 0 is certain, 1 is uniform."""
    classes = probability.shape[-1]
    logs = np.log(probability, where=probability > 0, out=np.zeros_like(probability))
    return np.clip(-(probability * logs).sum(-1) / np.float32(np.log(classes)), 0, 1)


def _confidence_and_hits(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> tuple[Float[np.ndarray, " pixels"], Float[np.ndarray, " pixels"]]:
    confidence = probability.max(1).astype(np.float64)
    return confidence, (probability.argmax(1) == targets).astype(np.float64)
