"""Kill everything that works in a folder."""

import time
from contextlib import suppress
from pathlib import Path

import psutil

ATTEMPTS, PAUSE = 200, 0.05  # ten seconds


def working_in(folder: Path) -> list[psutil.Process]:
    """Return the processes of this user whose current folder is in some folder."""
    folder = folder.resolve()
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE:
                where = process.cwd().removesuffix(" (deleted)")
                if Path(where).is_relative_to(folder):
                    found.append(process)
    return found


def kill_all(folder: Path) -> int:
    """Kill the processes in a folder with SIGKILL until there are none, and return how many."""
    killed: set[int] = set()
    for _ in range(ATTEMPTS):
        alive = working_in(folder)
        if not alive:
            return len(killed)
        for process in alive:
            killed.add(process.pid)
            with suppress(psutil.Error):
                process.kill()
        time.sleep(PAUSE)
    raise TimeoutError(f"processes in {folder} do not end: {alive}")
