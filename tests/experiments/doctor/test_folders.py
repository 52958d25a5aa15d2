from experiments.doctor.folders import find


def test_copies_of_dead_experiments_are_removed_and_nothing_else(repository):
    experiments = repository / ".dvc/tmp/exps"
    for name in ("tmpabc", "standalone/tmpxyz", "run/workspace", "celery", "run/other"):
        (experiments / name).mkdir(parents=True)
        (experiments / name / "file").write_bytes(bytes(1000))
    found = list(find(repository))
    assert len(found) == 3
    for finding in found:
        finding.mend()
    left = sorted(str(path.relative_to(experiments)) for path in experiments.rglob("file"))
    assert left == ["celery/file", "run/other/file"]
    assert list(find(repository)) == []
