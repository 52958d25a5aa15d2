"""Which processes live: only on the machine where they were noted."""

import psutil

SAME_START = 2.0  # seconds by which two readings of the start of a process may differ


def lived(pid: int, moment: float) -> bool:
    """Say whether a process lives and did so at a moment, in seconds since 1970.

    A process that began later only has the number of a dead one. A zombie is dead.
    """
    try:
        process = psutil.Process(pid)
        began: float = process.create_time()
        return process.status() != psutil.STATUS_ZOMBIE and began <= moment + SAME_START
    except (psutil.Error, ValueError):
        return False
