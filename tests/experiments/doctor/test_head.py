import pytest

from experiments.doctor.head import find


def baseline(repository, dead):
    repository.git("update-ref", "refs/exps/exec/EXEC_BASELINE", "HEAD")


def workspace(repository, dead):
    repository.hold("workspace", dead)


def bringing_back(repository, dead):
    repository.hold("refs/exps/exec", dead)


@pytest.mark.parametrize("trace", [baseline, workspace, bringing_back])
def test_head_is_back_on_its_branch_with_edits_and_staged_files(repository, dead, trace):
    repository.edit()
    repository.detach()
    trace(repository, dead)
    [finding] = find(repository.root)
    assert "branch main" in finding.what
    finding.mend()
    assert repository.is_edited()
    assert not list(find(repository.root))


@pytest.mark.parametrize("named", [True, False])
def test_the_changes_that_dvc_committed_as_an_experiment_are_uncommitted_again(repository, named):
    start = repository.git("rev-parse", "HEAD")
    repository.edit()
    repository.detach()
    repository.git("commit", "--quiet", "-a", "-m", "dvc: commit experiment 0a1b")
    if named:
        repository.git("update-ref", f"refs/exps/{start[:2]}/{start[2:]}/rusty-mare", "HEAD")
    [finding] = find(repository.root)
    finding.mend()
    assert repository.git("rev-parse", "main") == repository.git("rev-parse", "HEAD") == start
    assert repository.read("params.yaml") == "epochs: 2\n"
    assert repository.read("notes.txt") == "second\n"


def test_the_branch_is_the_one_that_was_left_and_not_main_by_rule(repository, dead):
    repository.git("switch", "--quiet", "-c", "idea/spectral")
    repository.edit()
    repository.detach()
    baseline(repository, dead)
    [finding] = find(repository.root)
    finding.mend()
    assert repository.git("branch", "--show-current") == "idea/spectral"
    assert repository.read("notes.txt") == "second\n"


def test_a_branch_that_has_moved_on_keeps_its_commits(repository, dead):
    repository.detach()
    baseline(repository, dead)
    more = repository.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "more")
    repository.git("update-ref", "refs/heads/main", more)
    repository.edit()
    [finding] = find(repository.root)
    finding.mend()
    assert repository.git("rev-parse", "main") == repository.git("rev-parse", "HEAD") == more
    assert repository.is_edited()


def test_a_branch_that_has_moved_on_does_not_overwrite_a_change(repository, dead):
    repository.git("switch", "--quiet", "-c", "later")
    repository.write("notes.txt", "theirs\n")
    repository.git("commit", "--quiet", "-a", "-m", "more")
    repository.git("switch", "--quiet", "main")
    repository.detach()
    baseline(repository, dead)
    repository.git("update-ref", "refs/heads/main", "later")
    repository.edit()
    [finding] = find(repository.root)
    with pytest.raises(OSError, match=r"notes\.txt"):
        finding.mend()
    assert repository.read("notes.txt") == "second\n"


def test_commits_since_then_are_named_and_nothing_is_changed(repository, dead):
    repository.detach()
    baseline(repository, dead)
    repository.git("commit", "--quiet", "--allow-empty", "-m", "a person's work")
    [finding] = find(repository.root)
    assert finding.mend is None
    assert finding.wrong
    assert "git switch -c NAME" in finding.remedy
    repository.git("branch", "kept")
    [finding] = find(repository.root)
    assert finding.mend is not None


def test_a_head_on_a_branch_is_nothing_to_tell(repository, dead):
    baseline(repository, dead)
    assert not list(find(repository.root))


@pytest.mark.parametrize("how", ["--detach", "HEAD~0", "v1"])
def test_a_head_that_a_person_detached_stays(repository, dead, how):
    repository.git("tag", "v1")
    repository.git("checkout", "--quiet", how)
    [finding] = find(repository.root)
    assert finding.mend is None
    assert not finding.wrong


def test_a_head_without_a_trace_of_a_dead_run_stays(repository):
    repository.detach()
    [finding] = find(repository.root)
    assert finding.mend is None
    assert not finding.wrong
    assert finding.remedy == "if it should be: `git switch main`"


def test_head_is_put_back_though_a_later_run_has_put_away_all_else(repository, dead):
    repository.edit()
    repository.detach()
    repository.git("update-ref", "refs/exps/exec/EXEC_HEAD", "HEAD")  # stays after every run
    repository.detach()
    [finding] = find(repository.root)
    finding.mend()
    assert repository.is_edited()


def test_a_commit_that_a_person_went_to_is_where_they_stay_though_experiments_have_run(repository):
    first = repository.git("rev-parse", "HEAD")
    repository.git("commit", "--quiet", "--allow-empty", "-m", "second")
    repository.git("update-ref", "refs/exps/exec/EXEC_HEAD", "HEAD")
    repository.git("checkout", "--quiet", first)
    [finding] = find(repository.root)
    assert finding.mend is None


@pytest.mark.parametrize("name", ["rebase-merge/done", "rebase-apply/next", "BISECT_LOG"])
def test_a_rebase_or_bisection_is_not_disturbed(repository, dead, name):
    repository.detach()
    baseline(repository, dead)
    repository.write(f".git/{name}", "")
    [finding] = find(repository.root)
    assert finding.mend is None


def test_without_a_reflog_the_one_branch_at_head_is_taken(repository, dead):
    repository.edit()
    repository.detach()
    (repository.root / ".git/logs/HEAD").unlink()
    baseline(repository, dead)
    repository.git("branch", "second")
    [finding] = find(repository.root)
    assert finding.mend is None  # two branches: it is not known which
    repository.git("branch", "--quiet", "-D", "second")
    [finding] = find(repository.root)
    finding.mend()
    assert repository.is_edited()
