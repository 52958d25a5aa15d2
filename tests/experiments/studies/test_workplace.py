"""A workplace runs experiments of one commit, one after another, and brings them to its origin."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.git import git
from experiments.studies.workplace import (
    Workplace,
    experiments_of,
    identity,
    origin_here,
    threads_for,
)


@pytest.fixture
def origin(repository):
    return origin_here(git(repository, "rev-parse", "HEAD"))


@pytest.fixture
def workplace(origin, tmp_path):
    (tmp_path / "places").mkdir()
    with closing(Workplace(origin, 3, tmp_path / "places")) as made:
        yield made
    assert list((tmp_path / "places").iterdir()) == []


def found(origin, name: str) -> dict:
    """What an experiment has seen, by the repository."""
    return json.loads(git(Path(), "show", f"{experiments_of(origin.commit)}{name}:found.json"))


def test_an_experiment_runs_in_the_clone_and_the_repository_has_it(origin, workplace, repository):
    (repository / "params.yaml").write_text("edited")  # which the commit does not have
    assert workplace.run("mine", ["train.seed=1", "model.name=lda"], "evaluate") == ""
    told = found(origin, "mine")
    assert told["command"] == [
        *("exp", "run", "-n", "mine", "-S", "train.seed=1", "-S", "model.name=lda", "evaluate"),
    ]
    assert (told["params"], told["threads"]) == ("as committed", "3")
    assert told["root"] == str(repository), "MLflow's store and checkpoints are there"
    assert f"dir = {repository}/.dvc/cache" in told["config"]
    assert (repository / "params.yaml").read_text() == "edited"
    assert git(repository, "status", "--porcelain") == "M params.yaml"
    author = git(
        repository, "log", "-1", "--format=%an %ae %cn", f"{experiments_of(origin.commit)}mine"
    )
    assert author == "Somebody some@body.org Somebody"


def test_an_experiment_finds_nothing_of_the_one_before(origin, workplace):
    assert workplace.run("one", [], "evaluate") == ""
    assert workplace.run("two", [], "evaluate") == ""
    assert (found(origin, "two")["left"], found(origin, "two")["params"]) == (False, "as committed")


def test_one_that_fails_says_dvcs_last_words_and_the_next_gets_a_new_clone(origin, workplace):
    (workplace.folder / ".git/leftover").touch()
    assert workplace.run("one", ["fails"], "evaluate") == "one line ERROR: it broke"
    assert not (workplace.folder / ".git/leftover").exists()
    assert workplace.run("two", [], "evaluate") == ""
    assert found(origin, "two")["params"] == "as committed"
    with pytest.raises(OSError, match="invalid object name"):
        found(origin, "one")


def test_a_repository_that_is_gone_is_an_error_of_git(workplace, repository):
    repository.rename(repository.with_name("moved"))
    with pytest.raises(OSError, match="git"):
        workplace.run("mine", [], "evaluate")


def test_a_commit_that_is_not_there_leaves_no_clone(origin, tmp_path):
    with pytest.raises(OSError, match="git checkout"):
        Workplace(replace(origin, commit=40 * "0"), 1, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"repository", "packages"}


def test_commits_name_the_author_of_the_repository(repository):
    git(repository, "config", "user.name", "Ann <of> Somewhere")
    assert identity()["GIT_COMMITTER_EMAIL"] == "some@body.org"
    assert identity()["GIT_AUTHOR_NAME"] == "Ann of Somewhere", "git leaves out what cannot be"


def test_threads_are_shared_by_the_workplaces_of_a_machine(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert [threads_for(count) for count in (1, 3, 16, 40)] == [16, 5, 1, 1]
