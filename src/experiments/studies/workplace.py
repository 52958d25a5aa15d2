"""A workplace: a clone of the repository in which DVC experiments run one after another.

An experiment runs in the clone's own workspace, and git then pushes it to the repository that the
clone is of. This is faster than `dvc exp run --temp`, which copies the history and every output
for each experiment. It is also safer: if two experiments end at once in one repository, DVC may
lose the result of one (`fetch_exps` of dvc/repo/experiments/executor/base.py in DVC 3.67), and in
a clone there is one at a time.

A worker of a cluster gets this module's code by value, so it uses nothing of this repository but
what it names here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from experiments.git import git
from experiments.studies.warm import WARM, run_module, warm_interpreter

DVC = [sys.executable, "-m", "dvc"]
REPORTED = 3  # lines of DVC's last words


@dataclass(frozen=True)
class Origin:
    """The repository that experiments come from and go back to.

    Attributes:
        url: Its path, or its address if workers are on other machines.
        commit: The full hash of the commit whose code the experiments run.
        cache: DVC's cache, which workplaces share; None if they bring outputs back through the
            repository's DVC remote.
        environment: What each experiment finds in its environment beside what its worker has.
    """

    url: str
    commit: str
    cache: str | None
    environment: dict[str, str]


class Workplace:
    """A clone, and a process that has imported the packages, for one experiment at a time.

    Args:
        origin: The repository.
        threads: The number of threads that each stage computes with.
        parent: The folder for the clone; None for the system's folder of temporary files.
    """

    def __init__(self, origin: Origin, threads: int, parent: Path | None = None) -> None:
        self.origin = origin
        self.ends = ExitStack()
        self.folder = Path(tempfile.mkdtemp(dir=parent))
        self.ends.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self.renew()
            warm = warm_interpreter(threads, self.folder)
            self.environment = origin.environment | self.ends.enter_context(warm)
        except BaseException:
            self.ends.close()
            raise

    def renew(self) -> None:
        """Clone the repository, in place of a clone that an experiment has left half-done."""
        shutil.rmtree(self.folder)
        here = ["--shared"] if self.origin.cache is not None else []
        git(Path(), "clone", "--quiet", "--no-checkout", *here, self.origin.url, str(self.folder))
        git(self.folder, "checkout", "--quiet", "--detach", self.origin.commit)
        if self.origin.cache is not None:
            settings = f"['cache']\n    dir = {self.origin.cache}\n"
            (self.folder / ".dvc/config.local").write_text(settings, encoding="utf-8")

    def run(self, experiment: str, changes: list[str], until: str) -> str:
        """Run an experiment and bring it to the repository; return DVC's last words if it fails.

        Args:
            experiment: Its name.
            changes: What it changes in params.yaml, as in `train.seed=1`.
            until: The last stage to run.

        Raises:
            OSError: Of git, of a full disk, or if the process was killed.
        """
        settings = [part for change in changes for part in ("-S", change)]
        pull = ["--pull"] if self.origin.cache is None else []
        git(self.folder, "checkout", "--quiet", "--force", "--detach", self.origin.commit)
        git(self.folder, "clean", "--quiet", "--force", "-d")
        message = self.dvc("exp", "run", *pull, "-n", experiment, *settings, until)
        if not message:
            message = self.bring(experiment)
        if message:
            self.renew()
        return message

    def bring(self, experiment: str) -> str:
        """Bring an experiment to the repository; return DVC's last words if it fails."""
        if self.origin.cache is None:
            return self.dvc("exp", "push", "origin", experiment)
        reference = experiments_of(self.origin.commit) + experiment
        git(self.folder, "push", "--quiet", "--force", "origin", f"{reference}:{reference}")
        return ""

    def dvc(self, *command: str) -> str:
        """Run a command of DVC in the clone; return its last words if it fails."""
        environment = os.environ | self.environment
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            code = run_module(
                environment[WARM], ["dvc", *command], self.folder, environment, said.fileno()
            )
            if code == 0:
                return ""
            said.seek(0)
            words = [line.strip() for line in said if line.strip()]
        return " ".join(words[-REPORTED:]) or f"dvc {command[0]} ended with code {code}"

    def close(self) -> None:
        """Remove the clone, and end the process with all that runs in it."""
        self.ends.close()


def experiments_of(commit: str) -> str:
    """Return how the names of git's references to the experiments of a commit begin."""
    return f"refs/exps/{commit[:2]}/{commit[2:]}/"


def threads_for(workplaces: int) -> int:
    """Return the number of threads for each of some workplaces that share this machine."""
    return max(1, (os.cpu_count() or 1) // workplaces)


def origin_here(commit: str) -> Origin:
    """Return the repository of the current folder, for workplaces on this machine."""
    cache = subprocess.run(
        [*DVC, "cache", "dir"], capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()
    root = Path().resolve()
    return Origin(str(root), commit, str(root / cache), {"HSI_ROOT": str(root), **identity()})


def identity() -> dict[str, str]:
    """Return the author of commits in the repository of the current folder, as git's environment.

    A clone has the settings of its machine alone, which may name nobody.
    """
    name, _, rest = git(Path(), "var", "GIT_AUTHOR_IDENT").rpartition(" <")
    known = {"NAME": name, "EMAIL": rest.partition(">")[0]}
    return {f"GIT_{who}_{key}": known[key] for who in ("AUTHOR", "COMMITTER") for key in known}
