"""The workers that run a study's experiments: processes of this machine, or of a Dask cluster.

Dask hands each experiment to a worker that is free, and gives the experiment of a worker that dies
to another one. Each worker keeps a workplace, which it makes for its first experiment.
"""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import cast

import cloudpickle
from distributed import KilledWorker, Worker, WorkerPlugin, as_completed
from distributed import get_worker as this_worker
from distributed.comm.addressing import get_address_host

import experiments
from experiments.git import git
from experiments.mlflow_store import without_password
from experiments.studies.workplace import DVC, Origin, Workplace, identity, origin_here, threads_for
from hsi.cluster import connected, local_workers

PATIENCE = 20  # seconds that the first worker may take
COPIES = Path(".dvc/tmp/exps")  # where DVC makes copies of the repository, and `make doctor` looks


class Workplaces(WorkerPlugin):
    """Keeps the workplace of each worker.

    Args:
        origin: The repository.
        neighbours: The number of workers on each host, which share its cores.
        parent: The folder for clones; None for each machine's folder of temporary files.
        gpus: The GPUs of this machine, of which each worker takes one; empty if Dask's workers are
            given theirs when they start.
    """

    name = "workplaces"

    def __init__(
        self, origin: Origin, neighbours: dict[str, int], parent: Path | None, gpus: list[str]
    ) -> None:
        self.origin, self.neighbours, self.parent, self.gpus = origin, neighbours, parent, gpus

    def setup(self, worker: Worker) -> None:
        """Prepare a worker that has just come."""
        self.worker, self.busy = worker, Lock()
        self.workplace: Workplace | None = None

    def teardown(self, worker: Worker) -> None:
        """Leave nothing on the worker's machine."""
        if self.workplace:
            self.workplace.close()
            self.workplace = None

    def run(self, experiment: str, changes: list[str], until: str) -> str:
        """Run an experiment; return DVC's last words if it fails."""
        with self.busy:  # one experiment at a time, whatever the number of the worker's threads
            try:
                if self.workplace is None:
                    self.workplace = self.made()
                return self.workplace.run(experiment, changes, until)
            except OSError as error:  # of git, of a full disk, or its process was killed
                self.teardown(self.worker)
                return str(error)

    def made(self) -> Workplace:
        """Make the worker's workplace."""
        origin = self.origin
        if self.gpus:
            mine = {"CUDA_VISIBLE_DEVICES": self.gpus[int(self.worker.name)]}
            origin = replace(origin, environment=origin.environment | mine)
        sharing = self.neighbours.get(get_address_host(self.worker.address), 1)
        return Workplace(origin, threads_for(sharing), self.parent)


def work(experiment: str, changes: list[str], until: str) -> str:
    """Run an experiment in the workplace of the worker that this runs on."""
    plugin = cast(Workplaces, this_worker().plugins[Workplaces.name])
    return plugin.run(experiment, changes, until)


def run_experiments(
    cluster: str, commit: str, planned: dict[str, list[str]], until: str = "evaluate"
) -> Generator[tuple[str, str]]:
    """Run experiments; yield the name of each when it ends, with DVC's last words if it failed.

    Args:
        cluster: The workers: an address as `hsi.cluster.connected` takes it. On this machine, no
            more start than it has GPUs, if it has any.
        commit: The full hash of the commit whose code they run.
        planned: The changes of each experiment, by its name.
        until: The last stage to run.

    Raises:
        ValueError: If the workers cannot get at the repository.
        ConnectionError: If there is no such cluster, it has no worker, or its scheduler has ended.
    """
    if not planned:
        return
    cloudpickle.register_pickle_by_value(experiments)  # other machines need only the packages
    local, gpus = local_workers(cluster), usable_gpus()
    origin = origin_here(commit) if local else origin_elsewhere(commit)
    with ExitStack() as ends:
        parent = ends.enter_context(folder_for_clones()) if local else None
        client = ends.enter_context(connected(cluster, len(gpus) or None))
        try:
            client.wait_for_workers(1, PATIENCE)
        except TimeoutError:
            raise ConnectionError(f"--cluster {cluster}: it has no workers: dask worker {cluster} "
                                  "--nthreads 1") from None  # fmt: skip
        known = client.scheduler_info(n_workers=-1)["workers"]
        neighbours = Counter(get_address_host(address) for address in known)
        client.register_plugin(Workplaces(origin, neighbours, parent, gpus if local else []))
        futures = [
            client.submit(work, experiment, changes, until, key=experiment)
            for experiment, changes in planned.items()
        ]
        for future in as_completed(futures):
            try:
                failure = future.result()
            except KilledWorker:
                failure = "the workers that ran it died, one after another"
            except CancelledError as error:
                raise ConnectionError(f"--cluster {cluster}: the scheduler has ended; what has "
                                      "ended is not run again") from error  # fmt: skip
            yield future.key, failure or brought(origin, future.key)


def brought(origin: Origin, experiment: str) -> str:
    """Bring an experiment from the shared repository; return DVC's last words if it fails."""
    if origin.cache is not None:
        return ""
    command = [*DVC, "exp", "pull", "origin", experiment]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


@contextmanager
def folder_for_clones() -> Iterator[Path]:
    """Make a folder for the clones of this machine's workers, some of which may be killed."""
    COPIES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=COPIES.resolve(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def origin_elsewhere(commit: str) -> Origin:
    """Return the repository that workers on other machines get at.

    Raises:
        ValueError: If they cannot get at the commit, the outputs or MLflow.
    """
    tracking = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not re.match("https?://", tracking):
        raise ValueError(
            "MLFLOW_TRACKING_URI: may be the address of an MLflow server, http://..., which the "
            f"workers of a cluster need (got '{without_password(tracking)}')"
        )
    remotes = git(Path(), "remote").split()
    if "origin" not in remotes:
        raise ValueError("a cluster's workers clone git's remote `origin`, which is not set")
    if not git(Path(), "branch", "--remotes", "--contains", commit, "--list", "origin/*"):
        raise ValueError(f"the commit {commit[:7]} is not in git's remote `origin`: git push")
    if not default_remote():
        raise ValueError("a cluster's workers bring outputs back through DVC's default remote, "
                         "which is not set: dvc remote default NAME")  # fmt: skip
    url = git(Path(), "remote", "get-url", "origin")
    return Origin(
        url, commit, None, {"MLFLOW_TRACKING_URI": without_password(tracking), **identity()}
    )


def default_remote() -> str:
    """Return the name of DVC's default remote, or nothing if none is set."""
    asked = [*DVC, "remote", "default"]
    return subprocess.run(asked, capture_output=True, encoding="utf-8", check=False).stdout.strip()


def usable_gpus() -> list[str]:
    """Return this machine's GPUs that may be used, as CUDA_VISIBLE_DEVICES names them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [each for each in visible.split(",") if each]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return re.findall(r"UUID: (GPU-[\w-]+)", listed.stdout)
