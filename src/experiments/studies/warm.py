"""Start the process whose forks run the stages of many experiments: see stages/warm.py."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

WARM = "HSI_WARM"  # where stages/interpreter.py looks for the socket


@contextmanager
def warm_interpreter(threads: int) -> Iterator[dict[str, str]]:
    """Yield what to add to the environment of experiments, so that their stages start at once.

    Args:
        threads: The number of threads that each stage computes with.
    """
    with TemporaryDirectory(prefix="hsi-") as folder:
        socket = Path(folder, "socket")
        limit = {"OMP_NUM_THREADS": str(threads)}
        process = subprocess.Popen(
            [sys.executable, "stages/warm.py", str(socket)],
            stdin=subprocess.PIPE,
            env=os.environ | limit,
        )
        try:
            yield {WARM: str(socket)} | limit
        finally:
            process.communicate()  # it ends with its standard input
