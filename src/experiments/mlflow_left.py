"""MLflow runs that a killed DVC has left in this repository, with which the same work goes on.

A run has the name of its DVC experiment, and a `dvc exp run` that is given again has another name.
So a run of the same work is taken over under the new name, if it can be nobody else's.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from experiments.doctor.processes import is_dvc
from experiments.git import git
from experiments.mlflow_description import (
    UNCOMMITTED,
    datasets,
    experiment_name,
    logged_params,
    run_name,
    tags,
)
from experiments.mlflow_run import Run, cut
from experiments.processes import lived
from experiments.repository import root
from experiments.studies.warm import ASKS
from hsi.config import Params

if TYPE_CHECKING:
    from mlflow.entities import Run as KeptRun

PROCESS = "hsi.process"  # the tag of a run that names the process that trains
REPOSITORY = "hsi.repository"  # the tag that names the machine and the folder of the repository
DECIDE = ("data.cube_md5", "data.pixels_md5", "dvc.baseline_rev", "hsi.version")


def this_process() -> str:
    """Return the host, number and start of this process, which no other process shares."""
    process = psutil.Process()
    return f"{socket.gethostname()} {process.pid} {process.create_time():.0f}"


def may_live(process: str) -> bool:
    """Return False if a process ran on this machine and has ended."""
    host, number, begun = process.split()
    return host != socket.gethostname() or lived(int(number), float(begun))


def origin() -> dict[str, str]:
    """Return the tags that say which process of which repository a run belongs to."""
    return {PROCESS: this_process(), REPOSITORY: f"{socket.gethostname()} {root()}"}


def is_of_the_dead(kept: "KeptRun") -> bool:
    """Say whether the process of a run is known to have ended."""
    process = kept.data.tags.get(PROCESS)
    return process is not None and not may_live(process)


def is_same_work(kept: "KeptRun", params: Params) -> bool:
    """Say whether a run came from here, with the same inputs and the same parameters if any."""
    now = tags() | origin()
    values = {key: cut(str(value)) for key, value in logged_params(params).items()}
    same = all(kept.data.tags.get(key) == now[key] for key in (REPOSITORY, *DECIDE))
    return same and kept.data.params.items() <= values.items()


def is_begun_only(kept: "KeptRun", params: Params) -> bool:
    """Say whether a run is of a killed training of the same work that has not logged an epoch."""
    return is_of_the_dead(kept) and "loss" not in kept.data.metrics and is_same_work(kept, params)


def is_nowhere(kept: "KeptRun") -> bool:
    """Say whether the experiment of a run is not in git, and no DVC lives that may put it there.

    In a study, the experiments of several clones come to a repository after they have ended.
    """
    name = kept.data.tags.get("dvc.exp_name", UNCOMMITTED)
    if "HSI_ROOT" in os.environ or UNCOMMITTED in (name, experiment_name()):
        return False
    known = git(root(), "for-each-ref", f"refs/exps/*/*/{name}")
    return not known and not another_dvc_works()


def another_dvc_works() -> bool:
    """Say whether a DVC works in the repository beside the one that has started this stage."""
    process = psutil.Process(int(os.environ.get(ASKS, os.getpid())))
    own = {process.pid, *(parent.pid for parent in process.parents())}
    for other in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            where, command = Path(other.cwd()), other.cmdline()
            inside = where.is_relative_to(root())
            if inside and other.pid not in own and is_dvc(command):
                return True
    return False


def take_over(run: Run, kept: "KeptRun", params: Params) -> None:
    """Let a run that was left belong to what runs now; its epochs stay.

    Args:
        run: Ours, connected, which gets the id.
        kept: What MLflow has of the one that was left.
        params: Of both.
    """
    run.id = kept.info.run_id
    run.client.update_run(run.id, status="RUNNING", name=run_name(params))
    run.batch([], tags() | origin(), logged_params(params))
    run.log_datasets(datasets(params))
    curve = run.client.get_metric_history(run.id, "loss")
    run.last_epoch = max((point.step for point in curve), default=0)
