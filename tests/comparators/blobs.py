"""Training pixels around a centre for each class, in groups, for tests of comparators."""

import numpy as np
import torch


def blobs(classes: int, pixels: int, spread: float = 0.8, group: int = 1):
    """Features (pixels, 4), targets and groups; each group holds `group` pixels of one class."""
    generator = np.random.default_rng(0)
    groups = np.arange(pixels) // group
    targets = groups % classes
    centres = generator.normal(size=(classes, 4)) * 2
    moved = centres[targets] + spread * generator.normal(size=(pixels, 4))
    return torch.from_numpy(moved).float(), torch.from_numpy(targets), torch.from_numpy(groups)
