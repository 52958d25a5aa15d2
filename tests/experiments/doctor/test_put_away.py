import os
import subprocess

import pytest

from experiments.doctor.put_away import ARGUMENTS, find


def put_away(repository, dead):
    """Edit, and stash the edits as a DVC that then dies."""
    repository.edit()
    repository.hold("workspace", dead)
    repository.git("stash", "push", "--quiet")


def experiment(repository, dead):
    """Make the merge commit of an experiment of the edits, as a DVC that dies before using it."""
    repository.edit()
    repository.git("update-ref", "refs/exps/exec/EXEC_MERGE", repository.git("stash", "create"))
    repository.git("reset", "--quiet", "--hard")
    repository.hold("refs/exps/exec", dead)


def mend(repository):
    return [finding.mend() for finding in find(repository.root)]


@pytest.mark.parametrize("state", [put_away, experiment])
def test_files_and_index_are_as_before(repository, dead, state):
    state(repository, dead)
    [finding] = find(repository.root)
    assert "notes.txt, params.yaml" in finding.what
    finding.mend()
    assert repository.is_edited()
    assert not repository.git("stash", "list")


@pytest.mark.parametrize("state", [put_away, experiment])
def test_nothing_is_found_while_its_dvc_lives(repository, alive, state):
    state(repository, alive)
    assert not any(finding.mend for finding in find(repository.root))


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_stash_that_a_person_made_long_before_or_after_stays(repository, dead, seconds):
    repository.write("notes.txt", "mine\n")
    repository.git("stash", "push", "--quiet", "-m", "mine")
    moment = repository.root.stat().st_mtime + seconds
    os.utime(repository.hold("workspace", dead), (moment, moment))
    assert not list(find(repository.root))
    assert "mine" in repository.git("stash", "list")


def test_a_stash_without_a_message_is_told_and_stays(repository):
    repository.write("notes.txt", "mine\n")
    repository.git("stash", "push", "--quiet")
    [finding] = find(repository.root)
    assert "`git stash` has changes of notes.txt from" in finding.what
    assert finding.remedy.endswith("`git stash pop --index`")
    assert finding.mend is None
    assert not finding.wrong
    repository.edit()
    [finding] = find(repository.root)
    typed = finding.remedy.split("`")[3]
    subprocess.run(["sh", "-c", typed], cwd=repository.root, check=True)
    assert repository.read("notes.txt") == "mine\n"


def test_changes_that_are_back_already_are_not_doubled(repository, dead):
    put_away(repository, dead)
    repository.edit()
    assert mend(repository) == ["they were back already"]
    assert repository.is_edited()
    assert not repository.git("stash", "list")


def test_what_is_in_the_workspace_instead_is_kept_as_a_stash(repository, dead):
    put_away(repository, dead)
    repository.write("params.yaml", "epochs: 9\n")  # as `dvc exp run -S epochs=9` leaves it
    [told] = mend(repository)
    assert "git stash show -p" in told
    assert repository.is_edited()
    assert "epochs: 9" in repository.git("stash", "show", "-p")


def test_an_experiment_beside_other_changes_is_kept_as_a_stash(repository, dead):
    experiment(repository, dead)
    repository.write("params.yaml", "epochs: 9\n")
    [told] = mend(repository)
    assert "git stash show -p" in told
    assert repository.read("params.yaml") == "epochs: 9\n"
    assert "+epochs: 2" in repository.git("stash", "show", "-p")


def test_an_experiment_that_git_cannot_bring_back_is_kept_as_a_stash(repository, dead):
    repository.write("new.txt", "staged\n")
    repository.git("add", "new.txt")
    experiment(repository, dead)
    repository.write("new.txt", "in the way\n")
    with pytest.raises(OSError, match=r"new\.txt"):
        mend(repository)
    assert repository.read("new.txt") == "in the way\n"
    assert "+staged" in repository.git("stash", "show", "-p")


def test_the_file_of_dvc_does_not_get_into_the_next_commit(repository):
    repository.edit()
    repository.write(ARGUMENTS, "x")
    repository.git("add", "--force", ARGUMENTS)
    mend(repository)
    assert repository.is_edited()
    assert not (repository.root / ARGUMENTS).exists()


def test_the_workspace_of_a_person_is_nothing_to_tell(repository):
    repository.edit()
    assert not list(find(repository.root))
    assert repository.is_edited()
