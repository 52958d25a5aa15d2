import os
import subprocess
import sys
import time

import pytest
from dead import dead_pid

from experiments.doctor.processes import at_work, is_dvc, is_git, lived


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["/x/.venv/bin/python", "/x/.venv/bin/dvc", "repro"], True),
        (["dvc", "exp", "run"], True),
        (["python", "-m", "dvc", "repro"], True),
        (["python", "-m", "stages.train"], True),
        (["python", "-m", "experiments.doctor"], False),
        (["vim", "dvc.yaml"], False),
        (["python", "-m"], False),
        ([], False),
    ],
)
def test_which_commands_are_dvcs(command, expected):
    assert is_dvc(command) is expected


def test_which_commands_are_gits():
    assert is_git(["/usr/bin/git", "commit"])
    assert not is_git(["gitk"])
    assert not is_git([])


def test_a_stage_that_runs_here_is_named_and_one_elsewhere_is_not(repository, tmp_path):
    code = "import time; time.sleep(60)"
    (repository / "stages").mkdir()
    (repository / "stages/slow.py").write_text(code, "utf-8")
    (repository / "stages/__init__.py").touch()
    assert at_work(repository) == []
    running = subprocess.Popen([sys.executable, "-m", "stages.slow"], cwd=repository)
    try:
        time.sleep(0.2)
        (line,) = at_work(repository)
        assert line.startswith(f"{running.pid}: ")
        assert line.endswith("-m stages.slow")
        assert at_work(tmp_path / "elsewhere") == []
    finally:
        running.kill()
        running.wait()


def test_only_a_process_that_lived_then_lived():
    now = time.time()
    assert lived(os.getpid(), now)
    assert not lived(os.getpid(), now - 100_000), "another process had the number then"
    assert not lived(dead_pid(), now)
    assert not lived(-1, now)
