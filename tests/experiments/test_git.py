import pytest

from experiments.git import commit_of, git_folder, holds, is_clean


def test_a_command_that_fails_says_what_git_said(repository):
    with pytest.raises(OSError, match=r"^git switch absent: fatal: invalid reference: absent$"):
        repository.git("switch", "absent")


def test_names_of_files_come_as_they_are(repository):
    repository.write("données ü.txt", "x")
    repository.git("add", ".")
    assert "données ü.txt" in repository.git("ls-files")


def test_what_is_asked_of_git(repository):
    root = repository.root
    assert commit_of(root, "main") == repository.git("rev-parse", "HEAD")
    assert commit_of(root, "absent") == ""
    assert holds(root, "rev-parse", "main")
    assert not holds(root, "rev-parse", "--verify", "absent")
    assert git_folder(root) == root / ".git"


def test_a_worktree_has_a_folder_of_git_elsewhere(repository, tmp_path):
    repository.git("worktree", "add", "--quiet", str(tmp_path / "second"))
    assert git_folder(tmp_path / "second") == repository.root / ".git/worktrees/second"


def test_untracked_files_are_no_change_and_staged_ones_are(repository):
    repository.write("new.txt", "x")
    assert is_clean(repository.root)
    repository.git("add", "new.txt")
    assert not is_clean(repository.root)
