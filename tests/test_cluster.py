"""A Dask cluster is reached, or its workers start on this machine alone."""

import os
import signal

import psutil
import pytest

from hsi.cluster import connected, local_workers


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", "no scheduler answers there: .*([Rr]efused|Timed out)"),
        ("tcp://127.0.0.1", "no scheduler answers there: missing port number"),
        ("127.0.0.1:8786", "it may be tcp://HOST:8786 or tls://HOST:8786"),
        ("local:0", "it may be .*local:N for N workers on this machine"),
        ("local", "it may be "),
    ],
)
def test_an_address_without_a_scheduler_is_one_line(address, message):
    with (
        pytest.raises(ConnectionError, match=rf"^--cluster {address}: {message}") as failed,
        connected(address),
    ):
        pass
    assert len(str(failed.value).splitlines()) == 1


def test_workers_of_this_machine_are_counted():
    assert [local_workers(each) for each in ("local:12", "local:0", "tcp://local:2")] == [
        *(12, None, None)
    ]


def test_workers_here_are_as_many_as_may_be_and_nobody_else_reaches_them():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with connected("local:3", most=2) as client:
        pids = client.run(os.getpid)
        assert len(pids) == 2
        assert all(address.startswith("tcp://127.0.0.1:") for address in pids)
        for process in (psutil.Process(), *map(psutil.Process, pids.values())):
            listening = [each for each in process.net_connections() if each.status == "LISTEN"]
            assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
        for pid in pids.values():
            os.kill(pid, signal.SIGINT)  # as Ctrl-C at the terminal sends to them too
        assert client.run(os.getpid) == pids
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    assert not any(map(psutil.pid_exists, pids.values()))
