"""Run the stages of many experiments in forks of one process that has imported the packages.

Importing torch, MLflow and scikit-learn takes longer than most stages of a small training compute.
`warm_interpreter` starts a process that imports them once and waits at a Unix socket. A stage that
finds the socket's path in the environment variable HSI_WARM sends its command, folder, environment
and standard streams there. A fork of the waiting process runs the stage with the code of that
folder, and the stage's own process ends as the fork ends. Signals are passed on, and a stage that
is killed takes its fork with it.

The waiting process runs this file as a script and imports no other code of this repository, so each
experiment runs its own.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

WARM = "HSI_WARM"  # stages/interpreter.py looks for it
LENGTH = struct.Struct("!Q")  # of a request, in bytes
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IMPORTED = (
    *("h5py", "matplotlib.backends.backend_agg", "mlflow", "pyamg", "pydantic", "rasterio"),
    *("mlflow.store.tracking.sqlalchemy_store", "safetensors.torch", "scipy.io", "scipy.ndimage"),
    *("scipy.optimize", "scipy.sparse.linalg", "scipy.stats", "sklearn.cluster", "torch"),
    *("sklearn.ensemble", "sklearn.metrics", "sklearn.model_selection", "sklearn.neighbors"),
    "sklearn.svm",
)


@contextmanager
def warm_interpreter(threads: int) -> Iterator[dict[str, str]]:
    """Yield what to add to the environment of experiments, so that their stages start at once.

    Args:
        threads: The number of threads that each stage computes with.
    """
    with TemporaryDirectory(prefix="hsi-") as folder:
        path = str(Path(folder, "socket"))
        limit = {"OMP_NUM_THREADS": str(threads)}
        process = subprocess.Popen(
            [sys.executable, "-P", __file__, path], stdin=subprocess.PIPE, env=os.environ | limit
        )
        try:
            yield {WARM: path} | limit
        finally:
            process.communicate()  # it ends with its standard input


def hand_over() -> None:
    """Let the waiting process run this stage, and end as it ends.

    Return, so that the stage runs here, if no process waits.
    """
    path = os.environ[WARM]
    request = {
        "command": sys.orig_argv[sys.orig_argv.index("-m") + 1 :],
        "folder": os.getcwd(),
        "path": sys.path,
        "environment": dict(os.environ),
    }
    content = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError:
            return

        socket.send_fds(server, [LENGTH.pack(len(content))], [0, 1, 2])
        server.sendall(content)
        server.setblocking(False)
        signal.set_wakeup_fd(server.fileno())  # a signal's number is sent as soon as it arrives
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda number, frame: None)
        select.select([server], [], [])
        code = server.recv(1)
    if not code:
        sys.exit(f"stages: the process at {path}, which ran this stage, was killed")
    os._exit(code[0])


def serve(path: str) -> None:
    """Import the packages, then fork for each request, until the standard input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # the end of each fork would take 1.5 s to collect what was imported
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # it ends with the process that started it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    while True:
        ready, _, _ = select.select([listener.fileno(), sys.stdin.fileno()], [], [])
        if sys.stdin.fileno() in ready:
            return
        request, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            attend(request)
            return
        request.close()


def attend(client: socket.socket) -> None:
    """Run one stage in a fork, pass signals on to it, and answer with its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()  # Ctrl-C at the terminal comes once: through the client
    length, streams, _, _ = socket.recv_fds(client, LENGTH.size, 3)
    if not length:  # whoever asked has ended already
        return
    request = json.loads(client.recv(LENGTH.unpack(length)[0], socket.MSG_WAITALL))
    ended, alive = os.pipe()  # the stage alone keeps `alive` open, so that `ended` ends with it
    stage = os.fork()
    if stage == 0:
        client.close()
        os.close(ended)
        return run_stage(request, streams)
    os.close(alive)
    for stream in streams:
        os.close(stream)
    while ended not in select.select([client.fileno(), ended], [], [])[0]:
        told = client.recv(1)
        os.kill(stage, told[0] if told else signal.SIGKILL)
        if not told:
            return
    code = os.waitstatus_to_exitcode(os.waitpid(stage, 0)[1])
    client.send(bytes([code if code >= 0 else 128 - code]))


def run_stage(request: dict[str, Any], streams: list[int]) -> None:
    """Run a stage in this process as `python -m` would in the one that asked for it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    # What Python found when the waiting process began may have been of another kind, as a file is.
    code = sys.stdout.encoding
    sys.stdout = os.fdopen(1, "w", encoding=code, closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, code, "backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path[:] = request["path"]
    module, *arguments = request["command"]
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(sys.argv[1])
