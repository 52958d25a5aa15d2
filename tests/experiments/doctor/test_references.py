from experiments.doctor.references import find


def test_references_of_a_run_go_and_experiments_and_branches_stay(repository):
    start = repository.git("rev-parse", "HEAD")
    mine = f"refs/exps/{start[:2]}/{start[2:]}/rusty-mare"
    kept = [mine, "refs/exps/exec/EXEC_APPLY", "refs/exps/exec/EXEC_HEAD", "refs/exps/celery/stash"]
    left = ["refs/exps/exec/EXEC_BASELINE", "refs/exps/exec/EXEC_MERGE", "refs/exps/stash"]
    for name in (*kept, *left):
        repository.git("update-ref", name, start)
    repository.git("symbolic-ref", "refs/exps/exec/EXEC_BRANCH", mine)
    [finding] = find(repository.root)
    assert all(name in finding.what for name in (*left, "EXEC_BRANCH"))
    finding.mend()
    assert sorted(repository.refs()) == sorted([*kept, "refs/heads/main"])
    assert not list(find(repository.root))
