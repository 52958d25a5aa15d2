import pytest

from experiments.doctor.git import commit_of, git, git_folder, holds, is_clean


def test_what_git_says_comes_back_and_its_errors_are_one_line(repository):
    assert git(repository, "log", "--format=%s") == "start"
    with pytest.raises(OSError, match=r"^git switch nowhere: fatal: invalid reference: nowhere$"):
        git(repository, "switch", "nowhere")


def test_names_that_are_not_ascii_are_not_quoted(repository):
    (repository / "forêt.txt").touch()
    git(repository, "add", "-A")
    assert git(repository, "diff", "--cached", "--name-only") == "forêt.txt"


def test_commits_and_states(repository):
    assert commit_of(repository, "main") == git(repository, "rev-parse", "HEAD")
    assert commit_of(repository, "refs/exps/exec/EXEC_BRANCH") == ""
    assert holds(repository, "symbolic-ref", "HEAD")
    assert not holds(repository, "rev-parse", "--verify", "nowhere")
    assert git_folder(repository) == repository / ".git"
    assert is_clean(repository)
    (repository / "notes.txt").write_text("changed\n", "utf-8")
    assert not is_clean(repository)
