import pytest

from experiments.doctor.git import git
from experiments.doctor.lock_files import find

WHOLE = "schema: '2.0'\nstages: {}\n"


@pytest.mark.parametrize(
    "content", [b"", bytes(4096), b"schema: '2.0'\nstages:\n  fetch:\n    cm", b"{", b"x: 1\n"]
)
def test_a_lock_that_is_not_whole_is_the_committed_one_again(repository, content):
    (repository / "dvc.lock").write_bytes(content)
    (repository / "notes.txt").write_text("edited\n", "utf-8")
    (finding,) = find(repository)
    assert finding.what.startswith("dvc.lock ")
    finding.mend()
    assert (repository / "dvc.lock").read_text("utf-8") == WHOLE
    assert (repository / "notes.txt").read_text("utf-8") == "edited\n"
    assert list(find(repository)) == []


def test_a_lock_that_git_has_broken_too_is_removed(repository):
    (repository / "dvc.lock").write_bytes(b"")
    git(repository, "commit", "-qam", "broken")
    (finding,) = find(repository)
    assert "restores from its cache" in finding.remedy
    finding.mend()
    assert not (repository / "dvc.lock").exists()


def test_a_scene_of_dvc_add_is_restored_or_named(repository):
    scenes = repository / "data/scenes"
    scenes.mkdir(parents=True)
    (scenes / "cube.npy.dvc").write_bytes(b"outs:\n- md5: 0123")
    (finding,) = find(repository)
    assert "`dvc add data/scenes/cube.npy` makes it anew" in finding.remedy


def test_whole_or_missing_files_are_fine(repository):
    assert list(find(repository)) == []
    (repository / "dvc.lock").unlink()
    assert list(find(repository)) == []
