import subprocess
from pathlib import Path

import pytest

from experiments.finished import checkpoint_of, remove_stored, wait_for_dvc

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def here(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


def ended(key: str, md5: str) -> Path:
    """The checkpoint of a training that has ended."""
    path = checkpoint_of(key)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"state")
    wait_for_dvc(path, md5)
    return path


def store(cache: Path, md5: str) -> None:
    path = cache / "files/md5" / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True)
    path.touch()


def test_a_checkpoint_lives_until_its_model_is_in_the_cache(here):
    stored, waiting = ended("a", MD5), ended("b", MD5[::-1])
    training = checkpoint_of("c")
    training.write_bytes(b"state")
    remove_stored()
    assert stored.exists()
    store(here / ".dvc/cache", MD5)
    remove_stored()
    assert sorted(path.name for path in stored.parent.iterdir()) == ["b.md5", "b.pt", "c.pt"]
    assert waiting.exists()


def test_a_cache_that_is_elsewhere_is_found(here):
    subprocess.run(["dvc", "init", "-q", "--no-scm"], cwd=here, check=True)
    subprocess.run(["dvc", "config", "cache.dir", str(here / "large")], cwd=here, check=True)
    stored = ended("a", MD5)
    remove_stored()
    assert stored.exists()
    store(here / "large", MD5)
    remove_stored()
    assert not stored.exists()


def test_no_checkpoints_need_no_folder(here):
    remove_stored()
    assert not list(here.iterdir())


def test_a_full_disk_is_a_warning(here, capsys):
    (here / ".scratch").touch()  # a file in the place of the folder
    wait_for_dvc(checkpoint_of("a"), MD5)
    assert capsys.readouterr().err.startswith("warning: ")
