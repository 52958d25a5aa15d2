import json

from dead import dead_pid

from experiments.doctor.git import git
from experiments.doctor.head import branch_before, find


def killed_run(repository) -> str:
    """Leave HEAD as a killed `dvc exp run` does, with an edit and a staged file."""
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "update-ref", "refs/exps/exec/EXEC_BASELINE", commit)
    git(repository, "checkout", "-q", commit)
    (repository / "params.yaml").write_text("epochs: 9\n", "utf-8")
    (repository / "staged.txt").write_text("staged\n", "utf-8")
    git(repository, "add", "staged.txt")
    return commit


def test_a_branch_is_fine(repository):
    assert list(find(repository)) == []


def test_a_killed_run_is_put_back_on_its_branch_with_edits_and_staged_files(repository):
    killed_run(repository)
    (finding,) = find(repository)
    assert "took it from branch main" in finding.what
    assert finding.mend() == "on branch main, with all uncommitted changes"
    assert git(repository, "symbolic-ref", "--short", "HEAD") == "main"
    assert (repository / "params.yaml").read_text("utf-8") == "epochs: 9\n"
    assert git(repository, "diff", "--cached", "--name-only") == "staged.txt"
    assert list(find(repository)) == []


def test_commits_made_since_are_not_given_up(repository):
    killed_run(repository)
    git(repository, "commit", "-qam", "mine")
    (finding,) = find(repository)
    assert finding.mend is None
    assert "`git switch -c NAME` keeps the 1" in finding.remedy


def test_a_head_that_the_person_detached_is_only_mentioned(repository):
    git(repository, "switch", "-q", "--detach", "main")
    (finding,) = find(repository)
    assert (finding.wrong, finding.mend) == (False, None)
    assert branch_before(repository) == ""


def test_a_run_that_died_while_it_held_the_workspace_is_recognised(repository):
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", commit)
    (finding,) = find(repository)
    assert not finding.wrong, "nothing says that a run of DVC died"
    held = {"write": {"workspace": {"pid": dead_pid(), "cmd": "dvc exp run"}}}
    path = repository / ".dvc/tmp/exps/rwlock"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(held), "utf-8")
    (finding,) = find(repository)
    assert finding.wrong
