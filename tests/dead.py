"""Numbers of processes that have ended."""

import subprocess


def dead_pid() -> int:
    """Return the number of a process that has just ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid
