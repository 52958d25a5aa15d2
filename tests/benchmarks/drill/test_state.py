import sqlite3
from contextlib import closing

import pytest

from benchmarks.drill.state import (
    Expected,
    files_of,
    lost,
    outs_of,
    runs_of,
    wrong_results,
    wrong_runs,
)
from benchmarks.drill.workplace import Workplace
from experiments.git import git
from hsi.files import md5

LOCK = """schema: '2.0'
stages:
  copy:
    cmd: copy
    outs:
    - path: data/out
      md5: aa.dir
"""


@pytest.fixture
def place(tmp_path):
    """A repository with two branches, an output, and a person's uncommitted work."""
    root = tmp_path
    for name in ("README.md", "CHANGELOG.md"):
        (root / name).write_text("committed\n")
    (root / "dvc.lock").write_text(LOCK)
    for name in ("data/out/file", "data/scenes/cube.npy", "data/.gitignore"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("content")
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "somebody")
    git(root, "config", "user.email", "somebody@example.org")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    git(root, "branch", "idea")
    place = Workplace(root, {})
    place.edit()
    return place


def test_nothing_is_lost_where_a_person_left_it(place):
    assert lost(place, git(place.path, "rev-parse", "HEAD")) == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("git checkout -q --detach", "HEAD is on no branch"),
        ("git switch -q idea", "HEAD is on another branch"),
        ("git branch -q -D idea", "branch idea is lost"),
        ("git checkout -q HEAD README.md", "the edit of README.md is lost"),
        ("rm mine.txt", "the edit of mine.txt is lost"),
        ("touch .git/index.lock", ".git/index.lock is left"),
        ("mkdir -p .dvc/tmp; touch .dvc/tmp/rwlock", "rwlock is broken"),
    ],
)
def test_each_loss_is_named(place, command, told):
    commit = git(place.path, "rev-parse", "HEAD")
    git(place.path, "-c", f"alias.do=!{command}", "do")
    assert lost(place, commit) == [told]


def test_results_are_compared_by_the_lock_and_by_every_file(place):
    assert outs_of(LOCK) == {"data/out": "aa.dir"}
    files = files_of(place.path)
    assert files == {"data/out/file": md5(place.path / "data/out/file")}
    expected = Expected(outs_of(LOCK), files, "", 1, 1.0)
    assert wrong_results(place, expected) == []
    (place.path / "data/out/file").write_text("other")
    (place.path / "data/out/more").write_text("other")
    (place.path / "dvc.lock").unlink()
    assert wrong_results(place, expected) == [
        "dvc.lock has another data/out",
        "data/out/file is missing or differs",
        "data/out/more is missing or differs",
    ]


def store(place, status="FINISHED", losses=(1, 2), scored=True):
    """Write a database of MLflow with one run."""
    (place.path / ".mlflow").mkdir()
    with closing(sqlite3.connect(place.path / ".mlflow/mlflow.db")) as database:
        database.execute("create table runs (run_uuid, status, lifecycle_stage, start_time)")
        database.execute("create table tags (run_uuid, key, value)")
        database.execute("create table metrics (run_uuid, key, step)")
        database.execute("create table latest_metrics (run_uuid, key)")
        database.execute("insert into runs values ('r', ?, 'active', 1)", [status])
        database.execute("insert into tags values ('r', 'model_md5', 'abc')")
        database.executemany("insert into metrics values ('r', 'loss', ?)", [[n] for n in losses])
        if scored:
            database.execute("insert into latest_metrics values ('r', 'oa')")
        database.commit()


def test_a_run_that_is_finished_scored_and_whole_is_right(place):
    assert runs_of(place.path) == []
    store(place)
    assert wrong_runs(place, range(1, 2), "abc", 2) == []


@pytest.mark.parametrize(
    ("how", "runs", "model", "told"),
    [
        ({"status": "RUNNING"}, 1, "abc", ["its MLflow run is RUNNING"]),
        ({"scored": False}, 1, "abc", ["its MLflow run has no score"]),
        ({"losses": (1, 1, 2)}, 1, "abc", ["its MLflow run has 3 losses of 2 epochs"]),
        ({"losses": (1,)}, 1, "abc", ["its MLflow run has 1 losses of 1 epochs"]),
        ({}, 2, "abc", ["MLflow has 1 runs and not 2 to 2 (FINISHED)"]),
        ({}, 1, "def", ["no MLflow run has the model"]),
    ],
)
def test_what_is_wrong_with_a_run_is_said(place, how, runs, model, told):
    store(place, **how)
    assert wrong_runs(place, range(runs, runs + 1), model, 2) == told
