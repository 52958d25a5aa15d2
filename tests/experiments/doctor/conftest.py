import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def original(tmp_path_factory) -> Path:
    """A repository of git and DVC with one commit on main."""
    path = tmp_path_factory.mktemp("doctor") / "repository"
    path.mkdir()
    (path / "params.yaml").write_text("epochs: 1\n", "utf-8")
    (path / "notes.txt").write_text("first\n", "utf-8")
    (path / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", "utf-8")
    for command in (
        "git init -q -b main",
        "git config user.name tester",
        "git config user.email tester@example.org",
        "dvc init -q",
        "git add -A",
        "git commit -q -m start",
    ):
        subprocess.run(command.split(), cwd=path, check=True)
    return path


@pytest.fixture
def repository(original, tmp_path, monkeypatch) -> Path:
    """A copy of it, in which the test works."""
    for name in [name for name in os.environ if name.startswith(("DVC_", "GIT_"))]:
        monkeypatch.delenv(name)
    path = tmp_path / "repository"
    shutil.copytree(original, path)
    monkeypatch.chdir(path)
    return path
