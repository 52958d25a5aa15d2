"""A tiny scene, and what the drill sets in params.yaml to train on it for a moment only."""

from pathlib import Path

import numpy as np

HEIGHT, WIDTH, BANDS, CLASSES = 24, 20, 14, 3
EPOCHS = 60
SETTINGS = {
    "scene": {
        "name": "custom",
        "custom": {"cube": "data/scenes/cube.npy", "truth": "data/scenes/truth.npy"},
    },
    "reduce": {"components": 4},
    "patches": {"window": 5},
    "model": {"name": "cnn2d"},
    "train": {"epochs": EPOCHS},
    "inference": {"turns": False},
}


def write_scene(folder: Path) -> None:
    """Write cube.npy and truth.npy: diagonal fields of classes whose spectra differ."""
    generator = np.random.default_rng(0)
    classes = np.indices((HEIGHT, WIDTH)).sum(0) // 8 % CLASSES
    spectra = generator.uniform(500, 3000, (CLASSES, BANDS))
    noise = generator.normal(0, 100, (HEIGHT, WIDTH, BANDS))
    labelled = generator.random((HEIGHT, WIDTH)) < 0.7
    np.save(folder / "cube.npy", (spectra[classes] + noise).clip(0).astype(np.uint16))
    np.save(folder / "truth.npy", np.where(labelled, classes + 1, 0).astype(np.uint8))
