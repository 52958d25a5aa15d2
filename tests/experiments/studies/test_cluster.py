"""Experiments on the workers of a cluster: each ends once, whoever dies."""

import json
import os
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import psutil
import pytest
from distributed import LocalCluster

from experiments.git import git
from experiments.studies import cluster
from experiments.studies.warm import SCRIPT
from tests import dask_cluster


def head(repository: Path) -> str:
    return git(repository, "rev-parse", "HEAD")


def stored(repository: Path) -> list[str]:
    """The experiments that git has."""
    listed = git(repository, "for-each-ref", "--format=%(refname)", "refs/exps").split()
    return sorted(name.rpartition("/")[2] for name in listed)


def holders() -> list[psutil.Process]:
    """The workers of this process in whose workplaces an experiment runs."""
    try:
        below = psutil.Process().children(recursive=True)
        waiting = [each for each in below if SCRIPT in each.cmdline()]  # its forks have its name
        tops = [each for each in waiting if SCRIPT not in each.parent().cmdline()]
        return [each.parent() for each in tops if len(each.children(recursive=True)) > 1]
    except (psutil.Error, AttributeError):  # one of them has just ended
        return []


def test_six_experiments_end_though_a_worker_is_killed_in_the_middle(repository):
    planned = {f"run-{number}": ["waits"] if number < 2 else [] for number in range(6)}
    killed = []

    def kill_one() -> None:
        while len(found := holders()) < 2:
            time.sleep(0.05)
        killed.append(found[0])
        found[0].kill()
        (repository / "go").touch()

    killer = Thread(target=kill_one)
    killer.start()
    ended = list(cluster.run_experiments("local:2", head(repository), planned))
    killer.join()
    assert len(killed) == 1
    assert list((repository / cluster.COPIES).iterdir()) == []
    assert sorted(ended) == [(name, "") for name in planned]
    assert stored(repository) == sorted(planned)


def test_what_fails_is_reported_and_nothing_is_left(repository):
    planned = {"good": [], "bad": ["fails"]}
    ended = dict(cluster.run_experiments("local:1", head(repository), planned))
    assert ended == {"good": "", "bad": "one line ERROR: it broke"}
    assert stored(repository) == ["good"]
    assert list((repository / cluster.COPIES).iterdir()) == []


def test_whoever_stops_listening_stops_what_runs(repository):
    planned = {"one": [], "two": ["waits"]}
    with closing(cluster.run_experiments("local:1", head(repository), planned)) as running:
        assert next(running) == ("one", "")
    assert holders() == []
    assert stored(repository) == ["one"]


def test_a_workplace_whose_process_was_killed_is_replaced(repository):
    planned = {"one": ["waits"], "two": [], "three": []}

    def kill() -> None:
        while not (found := holders()):
            time.sleep(0.05)
        for each in found[0].children():
            each.kill()
        (repository / "go").touch()

    killer = Thread(target=kill)
    killer.start()
    ended = dict(cluster.run_experiments("local:1", head(repository), planned))
    killer.join()
    assert ended.pop("one") == "", "what runs already goes on"
    well, failed = sorted(ended.values())  # Dask may take them in any order
    assert well == ""
    assert "which runs dvc, was killed" in failed


def test_nothing_to_run_starts_nothing(monkeypatch):
    monkeypatch.setattr(cluster, "connected", None)
    assert list(cluster.run_experiments("local:1", 40 * "0", {})) == []


@pytest.fixture
def shared(repository, tmp_path, monkeypatch):
    """The repository with what workers elsewhere need: git's origin, a DVC remote, a server."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "origin.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(repository, "fetch", "--quiet", "origin")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:5000")
    return repository


def test_workers_elsewhere_get_at_the_repository_by_its_address(shared, tmp_path):
    origin = cluster.origin_elsewhere(head(shared))
    assert (origin.url, origin.commit) == (str(tmp_path / "origin.git"), head(shared))
    assert origin.cache is None
    assert origin.environment["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert "HSI_ROOT" not in origin.environment


@pytest.fixture
def elsewhere(shared):
    """A scheduler, and two workers, in processes of their own."""
    with dask_cluster.cluster(2) as running:
        yield running


@pytest.mark.slow
def test_workers_elsewhere_run_experiments_and_bring_them_here(shared, elsewhere):
    planned = {f"run-{number}": ["fails"] if number == 2 else [] for number in range(5)}
    ended = dict(cluster.run_experiments(elsewhere.address, head(shared), planned))
    assert ended.pop("run-2") == "one line ERROR: it broke"
    assert ended == dict.fromkeys(planned.keys() - {"run-2"}, "")
    assert stored(shared) == sorted(ended)
    ((reference, *_),) = [git(shared, "for-each-ref", "--format=%(refname)", "--count=1",
                              "refs/exps").split()]  # fmt: skip
    told = json.loads(git(shared, "show", f"{reference}:found.json"))
    assert (told["root"], told["config"]) == (None, False), "nothing of this machine's folders"
    assert told["command"][:3] == ["exp", "run", "--pull"]
    assert told["threads"] == str(max(1, os.cpu_count() // 2))


@pytest.mark.slow
def test_a_scheduler_that_dies_is_one_line_and_what_has_ended_stays(shared, elsewhere):
    address = elsewhere.address
    planned = {"one": [], "two": ["waits"], "three": ["waits"]}
    with closing(cluster.run_experiments(address, head(shared), planned)) as running:
        assert next(running) == ("one", "")
        elsewhere.scheduler.kill()
        with pytest.raises(
            ConnectionError, match=rf"^--cluster {address}: the scheduler has ended"
        ):
            list(running)
    (shared / "go").touch()
    assert stored(shared) == ["one"]


def test_what_workers_elsewhere_lack_is_one_line(shared, monkeypatch):
    git(shared, "commit", "--quiet", "--allow-empty", "--message", "not pushed")
    with pytest.raises(
        ValueError, match=r"^the commit .* is not in git's remote `origin`: git push"
    ):
        cluster.origin_elsewhere(head(shared))
    monkeypatch.setattr(cluster, "default_remote", lambda: "")
    with pytest.raises(ValueError, match="default remote, which is not set: dvc remote default"):
        cluster.origin_elsewhere(git(shared, "rev-parse", "HEAD~1"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://ann:secret@127.0.0.1/mlflow")
    with pytest.raises(
        ValueError, match=r"^MLFLOW_TRACKING_URI: .* \(got 'postgresql://127[^@]*'\)"
    ):
        cluster.origin_elsewhere(head(shared))
    git(shared, "remote", "remove", "origin")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    with pytest.raises(ValueError, match="remote `origin`, which is not set"):
        cluster.origin_elsewhere(head(shared))


def test_a_scheduler_without_workers_is_one_line(shared, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty:
        address = empty.scheduler_address
        with pytest.raises(ConnectionError, match=rf"^--cluster {address}: it has no workers"):
            list(cluster.run_experiments(address, head(shared), {"one": []}))


def test_gpus_are_those_that_may_be_used(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert cluster.usable_gpus() == ["2", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert cluster.usable_gpus() == []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cluster.usable_gpus() == []
    listing = "GPU 0: NVIDIA H100 (UUID: GPU-12ab-3)\\nGPU 1: NVIDIA H100 (UUID: GPU-45cd-6)\\n"
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\nprintf '{listing}'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert cluster.usable_gpus() == ["GPU-12ab-3", "GPU-45cd-6"]


def test_each_worker_of_this_machine_takes_a_gpu_of_its_own(repository, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    planned = {f"run-{number}": [] for number in range(6)}
    ended = dict(cluster.run_experiments("local:3", head(repository), planned))
    assert ended == dict.fromkeys(planned, "")
    seen = {
        json.loads(git(repository, "show", f"{name}:found.json"))["gpu"]
        for name in git(repository, "for-each-ref", "--format=%(refname)", "refs/exps").split()
    }
    assert seen == {"2", "3"}
