"""What a model says about every pixel of a scene: class, confidence and entropy."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int32

from hsi.files import read_array, write_array


@dataclass(frozen=True)
class Prediction:
    """What a model says about every pixel of a scene.

    Attributes:
        classes: Class of each pixel, from 1; 0 where there is no data.
        confidence: Probability of that class; NaN where there is no data.
        entropy: Shannon entropy of all probabilities over that of a uniform guess: 0 if the class
            is certain, 1 if nothing is known; NaN where there is no data.
    """

    classes: Int32[np.ndarray, "height width"]
    confidence: Float32[np.ndarray, "height width"]
    entropy: Float32[np.ndarray, "height width"]

    def only(self, valid: Bool[np.ndarray, "height width"]) -> "Prediction":
        """Return the prediction without that of pixels which hold no data."""
        nothing = np.float32(np.nan)
        return Prediction(
            np.where(valid, self.classes, np.int32(0)),
            np.where(valid, self.confidence, nothing),
            np.where(valid, self.entropy, nothing),
        )

    def save(self, folder: Path) -> None:
        """Write `classes.npy`, `confidence.npy` and `entropy.npy`."""
        write_array(folder / "classes.npy", self.classes)
        write_array(folder / "confidence.npy", self.confidence)
        write_array(folder / "entropy.npy", self.entropy)

    @classmethod
    def load(cls, folder: Path) -> "Prediction":
        """Read what `save` wrote."""
        names = ("classes", "confidence", "entropy")
        return cls(*(read_array(folder / f"{name}.npy") for name in names))
