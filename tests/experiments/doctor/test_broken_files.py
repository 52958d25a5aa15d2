import json
import os

import pytest

from experiments.doctor.broken_files import find

WHOLE = {
    ".dvc/tmp/rwlock": {"read": {"/x/data": [{"pid": 1, "cmd": "dvc repro"}]}},
    ".dvc/tmp/exps/celery/broker/in/1.msg": {"body": "x"},
    ".dvc/tmp/exps/run/abc/abc.json": {"pid": 1},
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("content", [b"", b'{"a', b"[" * 100_000, b"[1]", b"\xff\xfe"])
def test_a_broken_file_of_dvc_is_removed(repository, name, content):
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (finding,) = find(repository)
    assert finding.what.startswith(name)
    finding.mend()
    assert not path.exists()
    assert list(find(repository)) == []


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_of_dvc_stays(repository, name):
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(WHOLE[name]), "utf-8")
    assert list(find(repository)) == []


def test_an_rwlock_of_another_shape_is_broken(repository):
    (repository / ".dvc/tmp/rwlock").write_text('{"a": 1}', "utf-8")
    (finding,) = find(repository)
    assert "broken JSON of 8 bytes" in finding.what


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_of_a_dead_git_is_removed(repository, name):
    path = repository / ".git" / name
    path.touch()
    (finding,) = find(repository)
    assert "the lock of a git that is dead" in finding.what
    finding.mend()
    assert not path.exists()


def test_a_lock_of_dvc_that_is_a_second_name_is_removed(repository):
    lock = repository / ".dvc/tmp/lock"
    lock.touch()
    assert list(find(repository)) == [], "DVC keeps the file and locks it by the system"
    os.link(lock, repository / ".dvc/tmp/other")
    (finding,) = find(repository)
    finding.mend()
    assert not lock.exists()
