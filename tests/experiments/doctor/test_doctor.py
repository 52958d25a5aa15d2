import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from experiments.doctor.__main__ import main

STAGES = """stages:
  train:
    cmd: touch started; test -e quick || sleep 60; cp params.yaml out.txt
    params: [epochs]
    outs: [out.txt]
"""


@pytest.fixture
def here(repository, monkeypatch):
    """The repository, as the folder in which the command runs."""
    monkeypatch.chdir(repository.root)
    return repository


@pytest.fixture
def answer(monkeypatch):
    """Let a person sit at the terminal, who gives the same answer to each question."""

    def sit(words):
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", lambda question: words)

    return sit


def code(*arguments):
    """The exit code of the command."""
    try:
        main(list(arguments))
    except SystemExit as left:
        return left.code
    return 0


def break_down(repository, dead):
    """Leave a little of everything, as if DVC had died in an experiment of uncommitted changes."""
    repository.edit()
    repository.hold("workspace", dead)
    repository.git("stash", "push", "--quiet")
    repository.detach()
    repository.git("update-ref", "refs/exps/exec/EXEC_BASELINE", "HEAD")
    repository.write(".dvc/tmp/rwlock", "")
    repository.write(".dvc/tmp/exps/tmpab12/file", "")
    repository.write("dvc.lock", "schema: '2.0'\nstag")


def remains(repository):
    """What of it is still there."""
    root = repository.root
    files = (".dvc/tmp/rwlock", ".dvc/tmp/exps/rwlock", ".dvc/tmp/exps/tmpab12", "dvc.lock")
    return [name for name in files if (root / name).exists()] + repository.refs()


def test_nothing_found_is_said(here, capsys):
    here.edit()
    assert code() == code("--yes") == 0
    assert "nothing that a killed DVC would leave was found" in capsys.readouterr().out
    assert here.is_edited()


def test_with_yes_everything_is_put_right_and_then_nothing_is_found(here, dead, capsys):
    break_down(here, dead)
    assert code("--yes") == 0
    assert remains(here) == ["refs/heads/main"]
    assert here.is_edited()
    capsys.readouterr()
    assert code() == 0
    assert "nothing" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["y", "YES ", "n", "", "maybe"])
def test_a_person_is_asked(here, dead, answer, words):
    break_down(here, dead)
    before = remains(here)
    answer(words)
    agrees = words.strip().lower() in ("y", "yes")
    assert code() == (0 if agrees else 1)
    assert remains(here) == (["refs/heads/main"] if agrees else before)


def test_where_nobody_can_answer_it_only_reports(here, dead, monkeypatch, capsys):
    break_down(here, dead)
    before = remains(here)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert code() == 1
    assert remains(here) == before
    assert ".dvc/tmp/rwlock is empty" in capsys.readouterr().out


def test_what_cannot_be_put_right_stays_with_all_that_tells_of_it(here, dead, capsys):
    break_down(here, dead)
    here.write("unrelated.txt", "x")
    lock = here.root / ".git/refs/stash.lock"
    lock.mkdir()  # a lock that cannot be removed, so `git stash` fails
    (lock / "full").mkdir()
    assert code("--yes") == 1
    told = capsys.readouterr().out
    assert "not done" in told
    assert "stays until HEAD and the changes named above are put right" in told
    kept = {".dvc/tmp/exps/rwlock", "refs/exps/exec/EXEC_BASELINE", "refs/stash"}
    assert kept <= set(remains(here))
    (lock / "full").rmdir()
    lock.rmdir()
    assert code("--yes") == 0
    assert "refs/exps/exec/EXEC_BASELINE" not in remains(here)
    assert here.read("notes.txt") == "second\n"


@pytest.mark.parametrize("words", [["-m", "dvc"], ["-m", "stages.train"]])
def test_nothing_is_touched_while_somebody_works(here, dead, words):
    break_down(here, dead)
    before = remains(here)
    wait = [sys.executable, "-c", "print(flush=True); input()", *words]
    with subprocess.Popen(wait, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.stdout.readline()
        refusal = code("--yes")
        assert refusal.startswith("doctor: nothing is touched while these work here:")
        assert f"{worker.pid}: " in refusal
        worker.stdin.write(b"\n")
    assert remains(here) == before
    assert code("--yes") == 0


def test_somebody_who_begins_before_the_answer_is_noticed(here, dead, answer, monkeypatch):
    break_down(here, dead)
    before = remains(here)
    answer("y")
    looks = iter([[], ["1: dvc repro"]])
    monkeypatch.setattr("experiments.doctor.__main__.at_work", lambda root: next(looks))
    assert code().endswith("1: dvc repro")
    assert remains(here) == before


def test_a_checkpoint_alone_is_nothing_wrong(here, capsys):
    path = here.write(".scratch/0a1b.pt", "x")
    assert code("--yes") == 0
    assert "goes on from it" in capsys.readouterr().out
    assert path.exists()


@pytest.mark.parametrize("missing", [".dvc", ".git"])
def test_it_works_only_at_the_top_of_a_repository(here, missing):
    shutil.rmtree(here.root / missing)
    assert code("--yes") == f"doctor: {here.root} is not the top of a repository of git and DVC"


def test_after_kill_9_of_a_real_run_the_same_command_goes_on(here, capsys):
    dvc = [sys.executable, "-m", "dvc"]
    shutil.rmtree(here.root / ".dvc")
    subprocess.run([*dvc, "init", "--quiet"], check=True)
    here.write("dvc.yaml", STAGES)
    here.write(".gitignore", "/out.txt\n/started\n/quick\n")
    here.git("add", ".")
    here.git("commit", "--quiet", "-m", "a stage")
    here.edit()
    with subprocess.Popen([*dvc, "exp", "run", "--quiet"], start_new_session=True) as run:
        deadline = time.monotonic() + 30
        while not (here.root / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert code("--yes").startswith("doctor: nothing is touched")
        os.killpg(run.pid, signal.SIGKILL)
    here.write(".dvc/tmp/rwlock", "")
    assert here.git("status", "--branch", "--porcelain").startswith("## HEAD (no branch)")
    for _ in range(100):  # the killed take a moment to end
        if not str(code()).startswith("doctor: nothing is touched"):
            break
        time.sleep(0.05)
    assert code("--yes") == 0, capsys.readouterr().out
    assert here.git("branch", "--show-current") == "main"
    assert here.read("params.yaml") == "epochs: 2\n"
    assert here.read("notes.txt") == "second\n"
    assert here.git("log", "--format=%s").splitlines() == ["a stage", "start"]
    here.write("quick", "")
    subprocess.run([*dvc, "exp", "run", "--quiet", "--name", "again"], check=True)
    assert here.read("out.txt") == "epochs: 2\n"
    assert "## main" in here.git("status", "--branch", "--porcelain")
