import json
import os

from dead import dead_pid

from experiments.doctor.dead_holders import find, held_by_the_dead


def test_a_file_held_by_dead_processes_alone_is_removed(repository):
    path = repository / ".dvc/tmp/rwlock"
    path.write_text(
        json.dumps({"read": {"/x": [{"pid": dead_pid(), "cmd": "dvc repro"}]}}), "utf-8"
    )
    (finding,) = find(repository)
    assert "is held by a dead process: " in finding.what
    assert "(dvc repro)" in finding.what
    finding.mend()
    assert not path.exists()


def test_a_file_that_a_living_process_holds_stays(repository):
    held = {"write": {"/x": {"pid": os.getpid(), "cmd": "dvc repro"}}}
    (repository / ".dvc/tmp/rwlock").write_text(json.dumps(held), "utf-8")
    assert list(find(repository)) == []


def test_since_when_the_dead_hold_something(repository):
    assert held_by_the_dead(repository, "workspace") == 0
    path = repository / ".dvc/tmp/exps/rwlock"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps({"write": {"workspace": {"pid": dead_pid(), "cmd": "dvc"}}}), "utf-8"
    )
    assert held_by_the_dead(repository, "workspace") == path.stat().st_mtime
    assert held_by_the_dead(repository, "refs/exps/exec") == 0
