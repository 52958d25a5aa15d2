"""Reach a Dask cluster, or start its workers on this machine."""

import logging
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

from distributed import Client, LocalCluster

FORMS = (
    "tcp://HOST:8786 or tls://HOST:8786 of a Dask scheduler, or local:N for N workers on this "
    "machine"
)
CONNECT = 10.0  # seconds to reach a scheduler


def local_workers(address: str) -> int | None:
    """Return the N of `local:N`, or None for another address."""
    local = re.fullmatch(r"local:([1-9]\d*)", address)
    return int(local[1]) if local else None


@contextmanager
def connected(address: str, most: int | None = None) -> Iterator[Client]:
    """Reach a scheduler, or start one with workers on this machine.

    Args:
        address: `tcp://HOST:PORT` or `tls://HOST:PORT` of a scheduler, or `local:N` for N worker
            processes on this machine, which nothing outside it can reach.
        most: The largest number of workers to start on this machine; None for any number.

    Raises:
        ConnectionError: If the address is none, nothing answers there, or no worker starts.
    """
    for name in ("asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed"):  # errors are told in one line
            logging.getLogger(name).setLevel(logging.CRITICAL)
    count = local_workers(address)
    if count is not None:
        with _started(count if most is None else min(count, most)) as client:
            yield client
        return
    if not re.match("(tcp|tls)://", address):
        raise ConnectionError(f"--cluster {address}: it may be {FORMS}")
    try:
        client = Client(address, timeout=CONNECT)
    except (OSError, ValueError, TypeError) as error:
        said = str(error.__cause__ or "") or str(error)  # a cause may be without words
        reason = re.sub("in <.*?>: ", "", " ".join(said.split()))[:200]
        raise ConnectionError(
            f"--cluster {address}: no scheduler answers there: {reason}"
        ) from error
    with client:
        yield client


@contextmanager
def _started(workers: int) -> Iterator[Client]:
    """Start worker processes; Ctrl-C at the terminal is for this process, which ends them."""
    here = "127.0.0.1:0"  # any free port
    with tempfile.TemporaryDirectory(prefix="hsi-", ignore_cleanup_errors=True) as scratch:
        try:
            with _interruption_later():
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address=here,
                    worker_dashboard_address=here,
                    scheduler_kwargs={"dashboard": False},
                    local_directory=scratch,
                    memory_limit=0,  # it would not count what a worker has started
                    silence_logs=logging.CRITICAL,
                )
        except RuntimeError as error:
            raise ConnectionError(f"--cluster local:{workers}: no worker starts") from error
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def _interruption_later() -> Iterator[None]:
    """Put Ctrl-C off; threads and processes that are started meanwhile never notice it."""
    resource_tracker.ensure_running()  # its start would end the delay
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
