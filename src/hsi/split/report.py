"""What `metrics/split.json` says about a split."""

from typing import Any

import numpy as np
from jaxtyping import Int32, UInt8

from hsi.cube.pixels import SIDES, Pixels
from hsi.split.floor import nearest_label
from hsi.split.leakage import leak
from hsi.split.request import Split


def report(
    pixels: Pixels,
    owner: UInt8[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    window: int,
) -> dict[str, Any]:
    """Return counts, overlap of windows, distance to training, and the floor of a split."""
    share, shared = leak(pixels, owner, window)
    floor, distance = nearest_label(pixels, class_names)
    return {
        **{side: int((pixels.sides == number).sum()) for side, number in SIDES.items()},
        "test_inside_training_windows": share,
        "shared_pixels": shared,
        "distance_to_training": distance,
        "floor": floor,
        "per_class": {
            name: {
                side: int(((pixels.targets == k) & (pixels.sides == number)).sum())
                for side, number in SIDES.items()
            }
            for k, name in enumerate(class_names)
        },
    }


def relabelled(split: Split, truth: Int32[np.ndarray, "height width"]) -> dict[str, int]:
    """Return how many labels of a split the truth of the scene lacks, or has otherwise."""
    differs = split.truth != truth
    return {
        "labels_added": int((differs & (truth == 0)).sum()),
        "labels_changed": int((differs & (truth > 0)).sum()),
    }
