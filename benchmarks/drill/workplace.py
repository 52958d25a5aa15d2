"""A repository of its own for a case: the last commit's code, set to the tiny scene."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.drill.processes import kill_all
from benchmarks.drill.scene import SETTINGS, write_scene
from experiments.git import git
from experiments.studies.warm import WARM, run_module

# A training of two seconds shall leave checkpoints, as a long one does.
INTERVAL = ("SECONDS_BETWEEN_CHECKPOINTS = 20", "SECONDS_BETWEEN_CHECKPOINTS = 0.2")
EDITS = {"README.md": "my edit\n", "CHANGELOG.md": "my staged edit\n", "mine.txt": "my file\n"}
STAGED = "CHANGELOG.md"
RESULTS = ("raw", "split", "reduced", "patches", "model", "inference", "evaluation", "classifier",
           "delivered", "map")  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Attributes:
        code: Its exit code; None if it was killed.
        said: What it printed.
        seconds: How long it took.
    """

    code: int | None
    said: str
    seconds: float


@dataclass(frozen=True)
class Workplace:
    """A repository in which a case runs.

    Attributes:
        path: Its top folder.
        warm: Environment with the process in whose forks DVC and the stages run.
    """

    path: Path
    warm: dict[str, str]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of its commands, without any outer DVC or MLflow."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_"))}
        clean["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
        quiet = {"DVC_NO_ANALYTICS": "true", "DVC_TEST": "true", "PYTHONPATH": "src"}
        return {**clean, **quiet, **self.warm, **more}

    def dvc(self, *command: str, kill_after: float | None = None, **more: str) -> Ended:
        """Run DVC, and kill it with all that works in this folder after some seconds."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            codes: list[int] = []

            def ask() -> None:
                environment = self.environment(**more)
                try:
                    codes.append(
                        run_module(
                            environment[WARM],
                            ["dvc", *command],
                            self.path,
                            environment,
                            said.fileno(),
                        )
                    )
                except ConnectionError:  # killed
                    return

            begun = time.monotonic()
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join(kill_after)
            if kill_after is not None:
                kill_all(self.path)
                thread.join()
            spent = time.monotonic() - begun
            said.seek(0)
            return Ended(codes[0] if codes else None, said.read(), spent)

    def start_queue(self, workers: int) -> Ended:
        """Start workers of DVC's queue, which go on when this has returned.

        In a fork of the warm process, the command would end with its workers.
        """
        begun = time.monotonic()
        command = [sys.executable, "-m", "dvc", "queue", "start", "-j", str(workers)]
        code = subprocess.call(
            command,
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.DEVNULL,  # the workers keep it open
            stderr=subprocess.DEVNULL,
        )
        return Ended(code, "", time.monotonic() - begun)

    def doctor(self, *arguments: str) -> Ended:
        """Run what `make doctor` runs."""
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "experiments.doctor", *arguments],
            cwd=self.path,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return Ended(done.returncode, done.stdout, time.monotonic() - begun)

    def edit(self) -> None:
        """Leave uncommitted work of a person: an edit, a staged edit and a new file."""
        for name, text in EDITS.items():
            (self.path / name).write_text(text, encoding="utf-8")
        git(self.path, "add", STAGED)

    def remove_results(self) -> None:
        """Remove all that the pipeline has made, also from the caches, but no file of the scene."""
        for name in RESULTS:
            shutil.rmtree(self.path / "data" / name, ignore_errors=True)
        kept = {
            yaml.safe_load(file.read_text(encoding="utf-8"))["outs"][0]["md5"]
            for file in (self.path / "data/scenes").glob("*.dvc")
        }
        for file in [
            each for each in (self.path / ".dvc/cache/files").rglob("*") if each.is_file()
        ]:
            if file.parent.name + file.name not in kept:
                file.unlink()
        for name in (".dvc/cache/runs", ".dvc/tmp", ".mlflow", ".scratch", "metrics"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        (self.path / "dvc.lock").unlink(missing_ok=True)


def copy(original: Workplace, path: Path) -> Workplace:
    """Copy a repository with its cache and its MLflow store."""
    shutil.copytree(original.path, path, symlinks=True)
    return Workplace(path, original.warm)


def merge(into: dict[str, object], new: dict[str, object]) -> None:
    """Set values in nested dictionaries."""
    for key, value in new.items():
        old = into.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            merge(old, value)
        else:
            into[key] = value


def create(repository: Path, path: Path, warm: Callable[[Path], dict[str, str]]) -> Workplace:
    """Create a repository with the last commit's files, set to the tiny scene and committed.

    Args:
        repository: Where the commit comes from.
        path: The new folder.
        warm: Starts the process in whose forks DVC and the stages run, given the new folder.
    """
    packed = subprocess.run(
        ["git", "archive", "HEAD"], cwd=repository, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(path, filter="data")
    shutil.rmtree(path / "docs")
    code = path / "src/experiments/training_run.py"
    text = code.read_text(encoding="utf-8")
    assert text.count(INTERVAL[0]) == 1
    code.write_text(text.replace(*INTERVAL), encoding="utf-8")
    params = yaml.safe_load((path / "params.yaml").read_text(encoding="utf-8"))
    merge(params, dict(SETTINGS))
    written = yaml.safe_dump(params, sort_keys=False)
    (path / "params.yaml").write_text(written, encoding="utf-8")
    write_scene(path / "data/scenes")
    git(path, "init", "--quiet", "-b", "main")
    git(path, "config", "user.name", "drill")
    git(path, "config", "user.email", "drill@example.org")
    place = Workplace(path, warm(path))
    added = place.dvc("add", "-q", "data/scenes/cube.npy", "data/scenes/truth.npy")
    if added.code:
        raise RuntimeError(added.said)
    place.remove_results()
    git(path, "add", "-A")
    git(path, "commit", "--quiet", "-m", "start")
    git(path, "branch", "idea")
    return place
