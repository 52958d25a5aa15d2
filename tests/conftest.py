"""Synthetic scenes: small, separable, made from a seed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import scipy.io
import yaml

import stages  # noqa: F401  puts this checkout's src/ first on the path
from hsi.inference import classify

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci")

REPOSITORY = Path(__file__).resolve().parents[1]
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


def probabilities(*arguments, **options) -> np.ndarray:
    """All that `classify` yields, in the order of the pixels."""
    parts = list(classify(*arguments, **options))
    order = np.concatenate([which for which, _ in parts])
    assert len(np.unique(order)) == len(order)
    return np.concatenate([part for _, part in parts])[order.argsort()]


class Clone:
    """A copy of this working tree as a repository of its own, set to a tiny custom scene."""

    def __init__(self, path: Path, cube: np.ndarray, truth: np.ndarray) -> None:
        self.path = path
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
        for name in filter(None, listed):
            if (REPOSITORY / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(REPOSITORY / name, path / name)
        for name in ("dvc.lock", "metrics"):
            shutil.rmtree(path / name, ignore_errors=True)
            (path / name).unlink(missing_ok=True)
        labels = np.array([255, *LABELS])[truth].astype(np.uint8)
        np.save(path / "data/scenes/cube.npy", cube)
        np.save(path / "data/scenes/truth.npy", labels)
        self.set(
            scene={
                "name": "custom",
                "custom": {
                    "cube": "data/scenes/cube.npy",
                    "truth": "data/scenes/truth.npy",
                    "unlabelled": 255,
                    "class_names": {2: "wheat", 9: "fallow"},
                },
            },
            reduce={"components": 13},
            patches={"window": 9},
            train={"epochs": 30},
            inference={"turns": False},
        )
        for command in (
            "git init -qb main",
            "git config user.name tester",
            "git config user.email tester@example.org",
        ):
            self.run(*command.split())
        self.run("dvc", "add", "-q", "data/scenes/cube.npy", "data/scenes/truth.npy")
        self.commit("start")

    def set(self, **sections: dict[str, object]) -> None:
        """Change values in params.yaml."""
        file = self.path / "params.yaml"
        params = yaml.safe_load(file.read_text())

        def merge(into: dict, new: dict) -> None:
            for key, value in new.items():
                if isinstance(value, dict) and isinstance(into.get(key), dict):
                    merge(into[key], value)
                else:
                    into[key] = value

        merge(params, sections)
        file.write_text(yaml.safe_dump(params, sort_keys=False))

    def environment(self, **extra: str) -> dict[str, str]:
        """This interpreter first on the path; nothing of an outer DVC or MLflow."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
        return {**clean, "PATH": path, "DVC_NO_ANALYTICS": "true", **extra}

    def run(
        self, *command: str, fails: bool = False, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; the test ends, with its output, if it does not end so."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def commit(self, message: str) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)


@pytest.fixture
def clone(tmp_path: Path, cube: np.ndarray, truth: np.ndarray) -> Clone:
    """A repository of its own on a tiny custom scene, committed, nothing run yet."""
    (tmp_path / "clone").mkdir()
    return Clone(tmp_path / "clone", cube, truth)
