import json
import os

import pytest

from experiments.doctor.dead_holders import FILES, find, held_by_the_dead


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_names_only_the_dead_goes(repository, dead, file):
    path = repository.hold("data", dead, file)
    [finding] = find(repository.root)
    assert finding.what == f"{file} is held by a dead process: {dead} (dvc exp run)"
    finding.mend()
    assert not path.exists()


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_names_the_living_stays(repository, alive, file):
    repository.hold("data", alive, file)
    assert not list(find(repository.root))


def test_a_process_that_began_later_has_only_the_number_of_the_dead_one(
    repository, alive, long_ago
):
    os.utime(repository.hold("workspace", alive), long_ago)
    assert held_by_the_dead(repository.root, "workspace") == pytest.approx(long_ago[0])
    assert [each.what for each in find(repository.root)]


@pytest.mark.parametrize("content", ["", "{}", '{"write": {}, "read": {"data": []}}'])
def test_a_file_that_names_nobody_is_nothing_to_tell(repository, content):
    repository.write(".dvc/tmp/rwlock", content)
    assert not list(find(repository.root))


def test_readers_count_like_writers(repository, dead, alive):
    def read_by(*pids):
        held = {"write": {}, "read": {"a": [{"pid": pid, "cmd": "dvc repro"} for pid in pids]}}
        repository.write(".dvc/tmp/rwlock", json.dumps(held))

    read_by(dead)
    assert len(list(find(repository.root))) == 1
    read_by(dead, alive)
    assert not list(find(repository.root))


def test_what_is_held_by_name(repository, dead, alive):
    assert not held_by_the_dead(repository.root, "workspace")
    repository.hold("workspace", dead)
    assert held_by_the_dead(repository.root, "workspace") > 0
    assert not held_by_the_dead(repository.root, "refs/exps/exec")
    repository.hold("workspace", alive)
    assert not held_by_the_dead(repository.root, "workspace")
