import shutil
import subprocess
import sys
from contextlib import closing

import pytest
from dvc.repo import Repo

from experiments.doctor.tasks import find

STAGES = "stages: {train: {cmd: cp params.yaml out.txt, params: [epochs], outs: [out.txt]}}\n"


@pytest.fixture
def running(repository):
    """A repository whose queue has a task that a worker has taken, and a second that waits."""
    shutil.rmtree(repository.root / ".dvc")
    with closing(Repo.init(str(repository.root))):
        pass
    repository.write("dvc.yaml", STAGES)
    repository.write(".gitignore", "/out.txt\n")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "a stage")
    broker = repository.root / ".dvc/tmp/exps/celery/broker"
    for epochs, name in ((3, "taken"), (4, "waits")):
        options = ["--queue", "--name", name, "--set-param", f"epochs={epochs}"]
        command = [sys.executable, "-m", "dvc", "exp", "run", "--quiet", *options]
        subprocess.run(command, cwd=repository.root, check=True)
        if name == "taken":
            for message in (broker / "in").iterdir():
                message.rename(broker / "processed" / message.name)
    return repository


def states(repository):
    with closing(Repo(str(repository.root))) as repo:
        return {each["name"]: each["status"] for each in repo.experiments.celery_queue.status()}


def test_a_task_whose_worker_is_dead_has_failed_and_the_next_still_waits(running):
    running.edit()
    assert states(running) == {"taken": "Running", "waits": "Queued"}
    [finding] = find(running.root)
    assert finding.what == "task taken of DVC's queue says Running; it is dead"
    assert "queues it again" in finding.mend()
    assert states(running) == {"taken": "Failed", "waits": "Queued"}
    assert running.is_edited()
    assert not list(find(running.root))


def test_without_a_queue_there_is_nothing_to_tell(repository):
    assert not list(find(repository.root))
