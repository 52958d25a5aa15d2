"""One finished pipeline on a tiny scene, which every end-to-end test gets a copy of."""

import importlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from tests.pipeline.clone import Clone, copy, create


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, cube: np.ndarray, truth: np.ndarray) -> Path:
    """The folder of a repository in which `dvc repro` ran once, committed; not to be changed.

    Beside it stands finished.log, what `dvc repro` printed. The workers of pytest-xdist share both:
    the first that needs them makes them.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / "finished", shared / "finished.log"
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            clone = create(folder, cube, truth)
            # Every Python process then says on stderr what it imports.
            ran = clone.run("dvc", "repro", PYTHONPROFILEIMPORTTIME="1")
            clone.commit("results")
            done.write_text(ran.stdout + ran.stderr)
    return folder


@pytest.fixture
def imported(finished: Path) -> dict[str, set[str]]:
    """The modules that each stage imported when `dvc repro` ran."""
    log = finished.with_suffix(".log").read_text()
    stages = re.findall(r"^Running stage '(\w+)'", log, re.MULTILINE)
    processes = [
        set(re.findall(r"\| +([\w.]+)$", process, re.MULTILINE))
        for process in log.split("import time: self [us]")
    ]
    # Only a stage imports this package; one process follows the other.
    found = [modules for modules in processes if "stages" in modules]
    return dict(zip(stages, found, strict=True))


@pytest.fixture
def clone(finished: Path, tmp_path: Path) -> Clone:
    """A copy of the finished repository, with its cache and its MLflow store."""
    return copy(finished, tmp_path / "clone")


@pytest.fixture
def run_stages(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that runs stages in the clone, in this process and with this checkout's code.

    It saves the seconds that a process takes to import torch, and jaxtyping checks every shape.
    """
    monkeypatch.chdir(clone.path)
    for name in [name for name in os.environ if name.startswith(("DVC_", "MLFLOW_TRACKING"))]:
        monkeypatch.delenv(name)

    def run(*names: str) -> None:
        for name in names:
            importlib.import_module(f"stages.{name}").main()

    return run
