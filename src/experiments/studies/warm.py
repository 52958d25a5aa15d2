"""Run DVC and stages in forks of one process that has imported the packages.

Importing torch, MLflow and scikit-learn takes longer than most stages of a small training compute.
`warm_interpreter` starts a process that imports them once and waits at a Unix socket. `run_module`
asks it to run a module, such as DVC, in a fork. A stage that finds the socket's path in the
environment variable HSI_WARM sends its command, folder, environment and standard streams there.
A fork of the waiting process runs the stage with the code of that folder, and the stage's own
process ends as the fork ends. Signals are passed on, and whoever asks and is killed takes the fork
along, with all the processes that the fork has started.

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
ASKS = "HSI_STAGE_PROCESS"  # in the environment of a fork, the process for which it runs a stage
SCRIPT = "src/experiments/studies/warm.py"  # this file, in a repository
LENGTH = struct.Struct("!Q")  # of a request, in bytes
# All of them, because a worker of Dask sets each to 1, and torch heeds that of MKL before OpenMP's.
LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IMPORTED = (
    *("h5py", "matplotlib.backends.backend_agg", "matplotlib.figure", "mlflow", "pyamg"),
    *("pydantic", "rasterio"),
    *("mlflow.store.tracking.sqlalchemy_store", "safetensors.torch", "scipy.io", "scipy.ndimage"),
    *("scipy.optimize", "scipy.sparse.linalg", "scipy.stats", "sklearn.cluster", "torch"),
    *("sklearn.ensemble", "sklearn.metrics", "sklearn.model_selection", "sklearn.neighbors"),
    *("sklearn.svm", "dvc.cli", "dvc.commands.experiments.run", "dvc.repo.experiments.run"),
    *("dvc.repo.checkout", "dvc.repo.reproduce", "dvc.stage.cache", "dvc.stage.run"),
)


@contextmanager
def warm_interpreter(threads: int, clone: Path) -> Iterator[dict[str, str]]:
    """Yield what to add to the environment of experiments, so that their stages start at once.

    Args:
        threads: The number of threads that each stage computes with.
        clone: The repository, whose copy of this file is run.
    """
    with TemporaryDirectory(prefix="hsi-") as folder:
        path = str(Path(folder, "socket"))
        limit = dict.fromkeys(LIMITS, str(threads))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()  # so that whoever connects before the process is ready waits for it
            process = subprocess.Popen(
                [sys.executable, "-P", SCRIPT, str(listener.fileno())],
                cwd=clone,
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env=os.environ | limit,
            )
        try:
            yield {WARM: path} | limit
        finally:
            process.communicate()  # it ends with its standard input


def run_module(
    path: str, command: list[str], folder: Path, environment: dict[str, str], output: int
) -> int:
    """Let the waiting process run a module as `python -m` would, and return its exit code.

    Args:
        path: The socket of the waiting process.
        command: The name of the module and its arguments.
        folder: The folder that it runs in.
        environment: Its environment.
        output: The file descriptor of its standard output and error.

    Raises:
        ConnectionError: If the waiting process has ended.
    """
    request = {
        "command": command,
        "folder": str(folder),
        "path": None,
        "environment": environment,
    }
    with socket.socket(socket.AF_UNIX) as server, open(os.devnull, "rb") as nothing:
        try:
            server.connect(path)
            send(server, request, [nothing.fileno(), output, output])
            code = server.recv(1)
        except OSError:
            code = b""
    if not code:
        raise ConnectionError(f"the process at {path}, which runs {command[0]}, was killed")
    return code[0]


def send(server: socket.socket, request: dict[str, Any], streams: list[int]) -> None:
    """Ask the waiting process to run something with these standard streams."""
    content = json.dumps(request).encode()
    socket.send_fds(server, [LENGTH.pack(len(content))], streams)
    server.sendall(content)


def hand_over() -> None:
    """Let the waiting process run this stage, and end as it ends.

    Return, so that the stage runs here, if no process waits.
    """
    path = os.environ[WARM]
    request = {
        "command": sys.orig_argv[sys.orig_argv.index("-m") + 1 :],
        "folder": os.getcwd(),
        "path": sys.path,
        "environment": {**os.environ, ASKS: str(os.getpid())},
    }
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError:
            return
        send(server, request, [0, 1, 2])
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


def serve(listener: socket.socket) -> None:
    """Import the packages, then fork for each request, until the standard input ends."""
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
        if not told:
            os.killpg(0, signal.SIGKILL)  # this process too, and all that the stage has started
        os.kill(stage, told[0])
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
    sys.path[:] = request["path"] or sys.path
    module, *arguments = request["command"]
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
