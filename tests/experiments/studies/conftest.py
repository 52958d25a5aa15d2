"""A small plan, and records made up for it."""

import os
from collections.abc import Callable
from pathlib import Path

import fake_dvc
import numpy as np
import pytest
import yaml

from experiments.studies.plan import Study, read
from experiments.studies.record import PAIRS, RUNS, write_record

PLAN = {
    "about": "Does squeeze-and-excitation help?",
    "scored_on": "test",
    "seeds": [1, 2, 3, 4, 5, 6],
    "always": ["train.epochs=2"],
    "splits": {"blocks": ["split.method=blocks"], "random": ["split.method=random_matched"]},
    "variants": {"plain": ["model.attention=none"], "se": ["model.attention=se"]},
    "compare": [["se", "plain"]],
    "gaps": [["random", "blocks"]],
}


@pytest.fixture
def blank_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of a report's time: they are drawn, but not written."""

    def write_blank(path: Path, figure: object) -> None:
        path.write_bytes(b"PNG")

    monkeypatch.setattr("experiments.studies.report.write_picture", write_blank)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a study called mine."""
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


@pytest.fixture
def planned(folder: Path) -> Callable[..., Study]:
    """Writes the plan into the folder, with some of its keys changed, and reads it."""

    def write(**changed: object) -> Study:
        (folder / "study.yaml").write_text(yaml.safe_dump(PLAN | changed, sort_keys=False))
        return read(folder, Path("params.yaml"))

    return write


@pytest.fixture
def recorded(folder: Path) -> Callable[..., list[dict[str, object]]]:
    """Writes a record of the plan for some seeds, and returns the lines of its runs.

    On blocks, se scores `gain` more than plain. On random pixels it scores the same, and all scores
    are higher by 0.3.
    """

    def write(seeds: list[int], gain: float) -> list[dict[str, object]]:
        generator = np.random.default_rng(0)
        runs, pairs = [], []
        for seed in seeds:
            luck = generator.normal(0, 0.05)
            for split, more in (("blocks", 0.0), ("random", 0.3)):
                for variant in ("plain", "se"):
                    oa = 0.5 + luck + more + generator.normal(0, 0.001)
                    oa += gain * (variant == "se" and split == "blocks")
                    scores = {"oa": oa, "aa": oa - 0.1, "kappa": oa - 0.05}
                    floors = {f"floor_{score}": 0.6 for score in scores}
                    runs.append({"split": split, "variant": variant, "seed": seed,
                                 **scores, **floors,
                                 "test_inside_training_windows": float(split == "random"),
                                 "parameters": 1234, "train_seconds": 10 * seed,
                                 "recall wheat": oa, "recall fallow": "",
                                 "experiment": "e", "commit": "c", "machine": "m"})  # fmt: skip
                counts = {"both": 50, "only_first": 20, "only_second": 10, "neither": 20}
                pair = {"split": split, "seed": seed, "first": "se", "second": "plain"}
                pairs.append(pair | counts)
        write_record(folder / RUNS, runs)
        write_record(folder / PAIRS, pairs)
        return runs

    return write


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a pretended DVC; the current folder."""
    packages = fake_dvc.create(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    monkeypatch.setenv("GO", str(tmp_path / "repository/go"))  # what experiments wait for
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"
