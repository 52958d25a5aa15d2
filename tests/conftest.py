"""Synthetic scenes: small, separable, made from a seed."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import scipy.io
import torch

import stages  # noqa: F401  puts this checkout's src/ first on the path

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci")
# The scenes are so small that threads cost more than they save, and the workers of pytest-xdist
# keep every core busy. The variable is for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
torch.set_num_threads(1)

HEIGHT, WIDTH, BANDS, CLASSES = 26, 21, 24, 3
LABELS = (2, 5, 9)  # as the user's own truth file has them; 255 is unlabelled


@pytest.fixture(scope="session")
def cube() -> np.ndarray:
    """(26, 21, 24) uint16: each class has a spectrum of its own, plus noise."""
    generator = np.random.default_rng(0)
    spectra = generator.uniform(1000, 3000, (CLASSES, BANDS))
    stripes = np.arange(WIDTH) * CLASSES // WIDTH
    noise = generator.normal(0, 60, (HEIGHT, WIDTH, BANDS))
    return (spectra[stripes][None] + noise).round().astype(np.uint16)


@pytest.fixture(scope="session")
def truth() -> np.ndarray:
    """(26, 21) int32 classes from 1 in three vertical stripes, with unlabelled paths between."""
    stripes = np.arange(WIDTH) * CLASSES // WIDTH + 1
    raster = np.tile(stripes, (HEIGHT, 1)).astype(np.int32)
    raster[::5] = 0
    raster[:, 3] = 0
    return raster


@pytest.fixture
def own_files(tmp_path: Path, cube: np.ndarray, truth: np.ndarray) -> tuple[Path, Path]:
    """A user's own two .mat files, with odd labels and odd variable names."""
    labels = np.array([255, *LABELS])[truth].astype(np.uint8)
    scipy.io.savemat(tmp_path / "field.mat", {"radiance": cube, "about": "a string"})
    scipy.io.savemat(tmp_path / "survey.mat", {"plots": labels})
    return tmp_path / "field.mat", tmp_path / "survey.mat"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the end-to-end tests first: one worker begins them while others run the quick ones."""
    items.sort(key=lambda item: "pipeline" not in item.path.parts)
