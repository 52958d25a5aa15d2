import sys
from types import SimpleNamespace

import pytest

from experiments.doctor import __main__ as doctor


@pytest.fixture
def broken(repository):
    """A repository with an empty rwlock, and nobody at the terminal."""
    (repository / ".dvc/tmp/rwlock").write_bytes(b"")
    return repository / ".dvc/tmp/rwlock"


def answer(monkeypatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda prompt: text)


def test_of_a_healthy_repository_it_says_so(repository, capsys):
    doctor.main([])
    assert capsys.readouterr().out == "nothing that a killed DVC would leave was found\n"


def test_without_a_terminal_it_only_reports_and_fails(broken, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(SystemExit) as error:
        doctor.main([])
    assert error.value.code == 1
    assert broken.exists()
    assert capsys.readouterr().out.startswith(".dvc/tmp/rwlock is empty\n    remove it")


@pytest.mark.parametrize(
    ("text", "mended"), [("y", True), ("Yes ", True), ("", False), ("n", False)]
)
def test_it_asks_before_it_changes_anything(broken, monkeypatch, text, mended):
    answer(monkeypatch, text)
    if mended:
        doctor.main([])
    else:
        with pytest.raises(SystemExit):
            doctor.main([])
    assert broken.exists() is not mended


def test_with_yes_it_does_not_ask(broken, capsys):
    doctor.main(["--yes"])
    assert not broken.exists()
    assert "done" in capsys.readouterr().out


def test_nothing_is_touched_while_somebody_works(broken, monkeypatch):
    monkeypatch.setattr(doctor, "at_work", lambda root: ["7: dvc repro"])
    with pytest.raises(
        SystemExit, match=r"nothing is touched while these work here:\n7: dvc repro"
    ):
        doctor.main(["--yes"])
    assert broken.exists()


def test_a_remedy_that_fails_is_one_line_and_the_rest_goes_on(broken, monkeypatch, capsys):
    def fails(path):
        raise OSError("read-only")

    monkeypatch.setattr("experiments.doctor.broken_files.remove", fails)
    with pytest.raises(SystemExit) as error:
        doctor.main(["--yes"])
    assert error.value.code == 1
    assert "not done: read-only" in capsys.readouterr().out


def test_elsewhere_it_says_where_to_run_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="is not the top of a repository of git and DVC"):
        doctor.main([])
