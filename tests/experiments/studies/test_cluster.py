"""Experiments on the workers of a cluster: each ends once, whoever dies."""

import json
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


def test_nothing_to_run_starts_nothing(monkeypatch):
    monkeypatch.setattr(cluster, "local_workers", None)
    assert list(cluster.run_experiments("local:1", 40 * "0", {})) == []


@pytest.fixture
def shared(repository, tmp_path, monkeypatch):
    """The repository with what workers elsewhere need: git's origin, a DVC remote, a server."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "origin.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(repository, "fetch", "--quiet", "origin")
    monkeypatch.setattr(cluster, "default_remote", lambda: "storage")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    return repository


def test_workers_elsewhere_get_at_the_repository_by_its_address(shared, tmp_path):
    origin = cluster.origin_elsewhere(head(shared))
    assert (origin.url, origin.commit) == (str(tmp_path / "origin.git"), head(shared))
    assert origin.cache is None
    assert origin.environment["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert "HSI_ROOT" not in origin.environment


def test_what_workers_elsewhere_lack_is_one_line(shared, monkeypatch):
    git(shared, "commit", "--quiet", "--allow-empty", "--message", "not pushed")
    with pytest.raises(
        ValueError, match=r"^the commit .* is not in git's remote `origin`: git push"
    ):
        cluster.origin_elsewhere(head(shared))
    monkeypatch.setattr(cluster, "default_remote", lambda: "")
    with pytest.raises(ValueError, match="default remote, which is not set: dvc remote default"):
        cluster.origin_elsewhere(git(shared, "rev-parse", "HEAD~1"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    with pytest.raises(ValueError, match=r"^MLFLOW_TRACKING_URI: .* \(got 'sqlite:///mlflow.db'\)"):
        cluster.origin_elsewhere(head(shared))
    git(shared, "remote", "remove", "origin")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    with pytest.raises(ValueError, match="remote `origin`, which is not set"):
        cluster.origin_elsewhere(head(shared))


@pytest.mark.parametrize("given", ["local", "local:0", "nowhere", "tcp://127.0.0.1:9"])
def test_a_cluster_that_is_none_is_one_line(shared, given, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(ValueError, match=rf"^the cluster may be local:N.*\(got '{given}'"):
        list(cluster.run_experiments(given, head(shared), {"one": []}))


def test_a_scheduler_without_workers_is_one_line(shared, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty:
        address = empty.scheduler_address
        with pytest.raises(ValueError, match=rf"^the scheduler at {address} has no workers"):
            list(cluster.run_experiments(address, head(shared), {"one": []}))


def test_gpus_are_those_that_may_be_used(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert cluster.gpus() == ["2", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert cluster.gpus() == []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cluster.gpus() == []
    listing = "GPU 0: NVIDIA H100 (UUID: GPU-12ab-3)\\nGPU 1: NVIDIA H100 (UUID: GPU-45cd-6)\\n"
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\nprintf '{listing}'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert cluster.gpus() == ["GPU-12ab-3", "GPU-45cd-6"]


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
