import json

from dead import dead_pid

from experiments.doctor.git import git
from experiments.doctor.put_away import ARGUMENTS, MERGE, find


def hold(repository, name: str) -> None:
    """Let a dead process hold what DVC holds while it moves the user's changes."""
    path = repository / ".dvc/tmp/exps/rwlock"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps({"write": {name: {"pid": dead_pid(), "cmd": "dvc exp run"}}}), "utf-8"
    )


def edit(repository) -> None:
    (repository / "params.yaml").write_text("epochs: 9\n", "utf-8")
    (repository / "staged.txt").write_text("staged\n", "utf-8")
    git(repository, "add", "staged.txt")


def is_back(repository) -> bool:
    edited = (repository / "params.yaml").read_text("utf-8") == "epochs: 9\n"
    return edited and git(repository, "diff", "--cached", "--name-only") == "staged.txt"


def test_changes_in_the_stash_of_a_dead_run_come_back_as_they_were(repository):
    edit(repository)
    hold(repository, "workspace")
    git(repository, "stash", "push", "-q")
    (finding,) = find(repository)
    assert "had put away uncommitted changes of params.yaml, staged.txt" in finding.what
    finding.mend()
    assert is_back(repository)
    assert git(repository, "stash", "list") == ""
    assert list(find(repository)) == []


def test_what_is_in_the_workspace_instead_is_kept(repository):
    edit(repository)
    hold(repository, "workspace")
    git(repository, "stash", "push", "-q")
    (repository / "notes.txt").write_text("other\n", "utf-8")
    (finding,) = find(repository)
    assert "is kept: `git stash show -p`" in finding.mend()
    assert is_back(repository)
    assert "notes.txt" in git(repository, "stash", "show", "--name-only")


def test_a_stash_of_the_person_is_not_touched(repository):
    edit(repository)
    git(repository, "stash", "push", "-q")
    assert list(find(repository)) == [], "no run of DVC died"


def test_changes_that_only_the_experiment_has_come_back(repository):
    edit(repository)
    git(repository, "stash", "push", "-q")
    git(repository, "update-ref", MERGE, "refs/stash")
    git(repository, "stash", "drop", "-q")
    hold(repository, "refs/exps/exec")
    (finding,) = find(repository)
    assert f"bring them back from {MERGE}" in finding.remedy
    finding.mend()
    assert is_back(repository)


def test_dvcs_own_file_is_taken_out_of_the_index(repository):
    (repository / ARGUMENTS).write_bytes(b"x")
    git(repository, "add", "-f", ARGUMENTS)
    (finding,) = find(repository)
    finding.mend()
    assert git(repository, "ls-files", ARGUMENTS) == ""
