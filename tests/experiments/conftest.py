"""A small repository of git and DVC, and what a killed `dvc exp run` leaves in one."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.git import git


class Repository:
    """A repository on branch main with params.yaml and notes.txt, and the deeds of a dead DVC."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".dvc/tmp/exps").mkdir(parents=True)
        (root / ".dvc/.gitignore").write_text("/tmp\n", encoding="utf-8")
        self.write("params.yaml", "epochs: 1\n")
        self.write("notes.txt", "first\n")
        self.git("init", "--quiet", "-b", "main")
        self.git("config", "user.name", "Somebody")
        self.git("config", "user.email", "somebody@example.org")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "start")

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def edit(self) -> None:
        """Stage a change of params.yaml and make another of notes.txt that is not staged."""
        self.write("params.yaml", "epochs: 2\n")
        self.git("add", "params.yaml")
        self.write("notes.txt", "second\n")

    def is_edited(self) -> bool:
        """Whether files and index are as `edit` made them, and HEAD is on main."""
        status = self.git("status", "--porcelain", "--branch").splitlines()
        same = self.read("params.yaml") == "epochs: 2\n" and self.read("notes.txt") == "second\n"
        return same and status == ["## main", " M notes.txt", "M  params.yaml"]

    def detach(self) -> None:
        """Take HEAD from its branch as DVC does."""
        self.git("checkout", "--quiet", self.git("rev-parse", "HEAD"))

    def hold(self, name: str, pid: int, file: str = ".dvc/tmp/exps/rwlock") -> Path:
        """Note a process as the one that writes what is named."""
        held = {"write": {name: {"pid": pid, "cmd": "dvc exp run"}}, "read": {}}
        return self.write(file, json.dumps(held))

    def refs(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname)").splitlines()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The repository; the user's own settings of git do not count, and DVC calls nobody."""
    monkeypatch.setenv("DVC_TEST", "true")
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    root = tmp_path / "repository"
    root.mkdir()
    return Repository(root)


@pytest.fixture(scope="session")
def dead() -> int:
    """The number of a process that has ended."""
    return started_and_ended()


def started_and_ended() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


@pytest.fixture
def alive() -> int:
    """The number of a process that lives, and lived before any file of a test was written."""
    return os.getpid()


@pytest.fixture
def long_ago() -> tuple[float, float]:
    """Times of a file that is older than every process."""
    return (time.time() - 1e9,) * 2
