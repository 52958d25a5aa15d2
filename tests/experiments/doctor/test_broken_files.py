import json
import os

import pytest

from experiments.doctor.broken_files import find, is_whole

HELD = {"write": {"data": {"pid": 1, "cmd": "dvc repro"}}, "read": {}}


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (json.dumps(HELD), True),
        ("{}", True),
        ("", False),
        (json.dumps(HELD)[:-9], False),
        ("\0" * 20, False),
        ("[]", False),
        ('{"write": {"data": {"pid": "1"}}}', False),  # JSON, but not an rwlock
        ("[" * 100_000, False),
    ],
)
def test_an_rwlock_stays_if_dvc_can_read_it_and_goes_if_not(repository, content, whole):
    path = repository.write(".dvc/tmp/rwlock", content)
    assert is_whole(path) == whole
    for finding in find(repository.root):
        finding.mend()
    assert path.is_file() == whole


@pytest.mark.parametrize(
    "name",
    [
        "exps/rwlock",
        "exps/run/0a1b/0a1b.json",
        "exps/run/workspace/workspace.run",
        "exps/celery/broker/in/1.celery.msg",
        "exps/celery/result/celery-task-meta-1",
    ],
)
def test_every_json_file_of_dvc_is_looked_at(repository, name):
    path = repository.write(f".dvc/tmp/{name}", "")
    [finding] = find(repository.root)
    assert finding.what == f".dvc/tmp/{name} is empty"
    finding.mend()
    assert not path.exists()
    path.write_text('{"a": 1}' if "rwlock" not in name else "{}", encoding="utf-8")
    assert not list(find(repository.root))


@pytest.mark.parametrize(
    "name", ["index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "refs/heads/main.lock"]
)
def test_a_lock_of_git_goes_and_git_works_again(repository, name):
    lock = repository.write(f".git/{name}", "")
    [finding] = find(repository.root)
    assert f".git/{name}" in finding.what
    finding.mend()
    assert not lock.exists()
    repository.git("commit", "--quiet", "--allow-empty", "-m", "more")


def test_a_lock_that_is_a_hard_link_goes_and_one_that_is_a_plain_file_stays(repository):
    plain = repository.write(".dvc/tmp/lock", "")  # without a process, it locks nothing
    repository.write(".dvc/tmp/claim", "")
    linked = repository.root / ".dvc/tmp/rwlock.lock"
    os.link(repository.root / ".dvc/tmp/claim", linked)
    [finding] = find(repository.root)
    finding.mend()
    assert plain.exists()
    assert not linked.exists()
