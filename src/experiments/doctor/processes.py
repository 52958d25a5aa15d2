"""Which processes work in a repository, so that nothing is taken from a living one."""

from pathlib import Path

import psutil

DVC, GIT = {"dvc", "dvc.exe"}, {"git", "git.exe"}


def is_dvc(command: list[str]) -> bool:
    """Say whether a command line is that of DVC, or of a stage that outlived its DVC.

    DVC starts a worker of its queue as `python .../dvc/__main__.py`, and in the same way a `daemon`
    that only asks whether there is a newer DVC.
    """
    paths = [Path(word) for word in command[:2]]
    names = {(path.parent if path.name == "__main__.py" else path).name for path in paths}
    if "daemon" in command[2:3]:
        return False
    module = command[command.index("-m") + 1 :][:1] if "-m" in command else []
    return bool(names & DVC) or any(name == "dvc" or name.startswith("stages.") for name in module)


def is_git(command: list[str]) -> bool:
    """Say whether a command line is that of git."""
    return bool(command) and Path(command[0]).name in GIT


def at_work(root: Path) -> list[str]:
    """Return a line for each process of DVC or git in a repository, or of a stage of it.

    In the copies of queued experiments below .dvc/tmp, any process counts.
    """
    root = root.resolve()
    found = []
    for process in psutil.process_iter():
        try:
            where, command = Path(process.cwd()), process.cmdline()
        except (psutil.Error, OSError):  # it ended, or it is somebody else's
            continue
        copy = where.is_relative_to(root / ".dvc" / "tmp")
        if copy or (where.is_relative_to(root) and (is_dvc(command) or is_git(command))):
            found.append(f"{process.pid}: {' '.join(command)}")
    return found
