import pytest

from experiments.doctor.folders import find


@pytest.mark.parametrize(
    "name", ["tmpab12", "standalone/tmpab12", "run/workspace"], ids=lambda name: name
)
def test_what_a_dead_experiment_ran_in_goes_and_all_else_stays(repository, name):
    outside = repository.write("data/model.bin", "kept")
    kept = repository.write(".dvc/tmp/exps/run/0a1b/0a1b.json", "{}")
    checkpoint = repository.write(".scratch/0a1b.pt", "kept")
    repository.write(f".dvc/tmp/exps/{name}/deep/file.json", "{}").chmod(0o444)  # as links are
    folder = repository.root / ".dvc/tmp/exps" / name
    (folder / "data").symlink_to(outside.parent)
    [finding] = find(repository.root)
    assert f".dvc/tmp/exps/{name}" in finding.what
    finding.mend()
    assert not folder.exists()
    assert outside.read_text() == checkpoint.read_text() == "kept"
    assert kept.exists()
    assert not list(find(repository.root))
