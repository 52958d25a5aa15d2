"""Whether probabilities mean what they say, and what leaving out the least sure pixels gains."""

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.optimize import minimize_scalar
from sklearn.metrics import brier_score_loss, log_loss

BINS = 15  # as in Guo et al.
STEPS = 100  # of coverage
COLDEST, HOTTEST = 0.05, 20.0


def scaled(
    probability: Float32[np.ndarray, "*pixels classes"], temperature: float
) -> Float32[np.ndarray, "*pixels classes"]:
    """Return probabilities as a softmax at another temperature would have given them.

    Above 1 they come closer together, below 1 they part; their order stays. Of a softmax this is
    dividing its inputs by the temperature; of a mean of softmaxes it is the same of their mean.

    Source: Guo et al., ICML 2017, section 4.2. https://arxiv.org/abs/1706.04599
    """
    if temperature == 1:
        return probability
    raised = (probability / probability.max(-1, keepdims=True)) ** np.float32(1 / temperature)
    return raised / raised.sum(-1, keepdims=True)


def fit_temperature(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> float:
    """Return the temperature that gives pixels kept from training the least cross-entropy."""
    labels = np.arange(probability.shape[1])

    def cross_entropy(log_temperature: float) -> float:
        at = scaled(probability, float(np.exp(log_temperature)))
        return float(log_loss(targets, at, labels=labels))

    bounds = np.log([COLDEST, HOTTEST])
    return float(np.exp(minimize_scalar(cross_entropy, bounds=bounds, method="bounded").x))


def reliability(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> list[dict[str, float]]:
    """Return what each of 15 bins of confidence promises and what it keeps, without empty ones.

    Each has a `lower` and `upper` edge, `pixels`, their mean `confidence`, and their `accuracy`.
    """
    confidence, right = _sure_and_right(probability, targets)
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return [
        {
            "lower": number / BINS,
            "upper": (number + 1) / BINS,
            "pixels": int((place == number).sum()),
            "confidence": float(confidence[place == number].mean()),
            "accuracy": float(right[place == number].mean()),
        }
        for number in np.unique(place).tolist()
    ]


def coverage(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> list[dict[str, float]]:
    """Return the `accuracy` on the surest share of pixels, for each `coverage` from 0.01 to 1."""
    confidence, right = _sure_and_right(probability, targets)
    accuracy = np.cumsum(right[np.argsort(-confidence, kind="stable")])
    rows = []
    for share in np.arange(1, STEPS + 1) / STEPS:
        kept = max(1, round(share * len(right)))
        rows.append({"coverage": float(share), "accuracy": float(accuracy[kept - 1] / kept)})
    return rows


def calibration(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> dict[str, float]:
    """Return `ece`, `brier` and `mean_confidence`.

    ece is the expected calibration error over 15 bins of equal width (Guo et al., eq. 3), a
    fraction of 1; brier the Brier score, the squared distance to the truth summed over classes, 0
    to 2 (Brier 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
    """
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
    """Return Shannon's entropy over that of a uniform guess: 0 is certain, 1 knows nothing."""
    classes = probability.shape[-1]
    logs = np.log(probability, where=probability > 0, out=np.zeros_like(probability))
    return np.clip(-(probability * logs).sum(-1) / np.float32(np.log(classes)), 0, 1)


def _sure_and_right(
    probability: Float32[np.ndarray, "pixels classes"], targets: Int[np.ndarray, " pixels"]
) -> tuple[Float[np.ndarray, " pixels"], Float[np.ndarray, " pixels"]]:
    confidence = probability.max(1).astype(np.float64)
    return confidence, (probability.argmax(1) == targets).astype(np.float64)
