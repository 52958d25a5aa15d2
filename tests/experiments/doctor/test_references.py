from experiments.doctor.git import commit_of, git
from experiments.doctor.references import find


def test_references_of_a_killed_run_are_removed_and_experiments_stay(repository):
    kept = "refs/exps/ab/cdef/bowed-scab"
    git(repository, "update-ref", kept, "HEAD")
    assert list(find(repository)) == []
    git(repository, "update-ref", "refs/exps/exec/EXEC_BASELINE", "HEAD")
    git(repository, "symbolic-ref", "refs/exps/exec/EXEC_BRANCH", kept)
    (finding,) = find(repository)
    finding.mend()
    assert list(find(repository)) == []
    assert commit_of(repository, kept) == commit_of(repository, "HEAD")
