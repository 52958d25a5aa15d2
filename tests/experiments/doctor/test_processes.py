import subprocess
import sys

import pytest

from experiments.doctor.processes import at_work, is_dvc, is_git


@pytest.mark.parametrize(
    ("command", "dvc"),
    [
        ("dvc repro", True),
        ("/opt/venv/bin/python /opt/venv/bin/dvc exp run", True),
        ("python -m dvc exp run", True),
        ("python -X importtime -m dvc repro", True),
        ("python /opt/venv/lib/dvc/__main__.py exp queue-worker dvc-exp-1@localhost", True),
        ("python /opt/venv/lib/dvc/__main__.py daemon updater", False),  # asks for a newer version
        ("python -m stages.train", True),
        ("python -m experiments.doctor --yes", False),
        ("python /opt/venv/lib/pip/__main__.py install dvc", False),
        ("vim dvc.lock", False),
        ("bash", False),
        ("", False),
    ],
)
def test_command_lines_of_dvc_and_its_stages(command, dvc):
    assert is_dvc(command.split()) == dvc


@pytest.mark.parametrize(
    ("command", "git"),
    [("git status", True), ("/usr/bin/git gc", True), ("less git", False), ("", False)],
)
def test_command_lines_of_git(command, git):
    assert is_git(command.split()) == git


@pytest.fixture
def process(tmp_path):
    """Start a process that waits, in a folder, with words on its command line."""
    started = []

    def start(folder, *words):
        code = "print(flush=True); input()"
        command = [sys.executable, "-c", code, *words]
        begun = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(begun)
        begun.stdout.readline()
        return begun

    yield start
    for each in started:
        each.communicate("\n")


def test_who_works_here_is_named_and_who_works_elsewhere_is_not(repository, tmp_path, process):
    elsewhere = process(tmp_path, "-m", "dvc")
    editor = process(repository.root, "dvc.lock")
    assert at_work(repository.root) == []
    inside = repository.write("src/code.py", "").parent
    copy = repository.root / ".dvc/tmp/exps/tmpab12"
    copy.mkdir()
    workers = [process(inside, "-m", "dvc"), process(copy)]
    found = at_work(repository.root)
    assert {int(line.partition(":")[0]) for line in found} == {each.pid for each in workers}
    assert all(each.poll() is None for each in (elsewhere, editor, *workers))


def test_a_repository_that_is_reached_by_a_link_is_the_same(repository, tmp_path, process):
    (tmp_path / "link").symlink_to(repository.root)
    process(repository.root, "-m", "dvc")
    assert len(at_work(tmp_path / "link")) == 1
