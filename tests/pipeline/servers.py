"""Servers of a store that a team shares, on 127.0.0.1, each in a folder of its own for a test.

Every password is made up for the one test.
"""

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HOST = "127.0.0.1"
START_SECONDS = 90
DEBIAN = Path("/usr/lib/postgresql")  # the folder of each version is not on the path


class MlflowServer(NamedTuple):
    """An MLflow server that asks for a name and a password.

    Attributes:
        address: Of the server.
        admin: Name of the user who may create others.
        password: Of that user.
    """

    address: str
    admin: str
    password: str

    def ask(self, path: str, content: dict | None, user: str, password: str) -> dict:
        """Get from its REST interface, or post content to it, and return what it answers."""
        known = base64.b64encode(f"{user}:{password}".encode()).decode()
        request = urllib.request.Request(
            f"{self.address}/api/2.0/mlflow/{path}",
            None if content is None else json.dumps(content).encode(),
            {"Authorization": f"Basic {known}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def new_user(self, name: str) -> dict[str, str]:
        """Create a user, and return what that person sets in the shell."""
        password = secrets.token_hex()
        account = {"username": name, "password": password}
        self.ask("users/create", account, self.admin, self.password)
        return {
            "MLFLOW_TRACKING_URI": self.address,
            "MLFLOW_TRACKING_USERNAME": name,
            "MLFLOW_TRACKING_PASSWORD": password,
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def postgres_programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, or None without PostgreSQL."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(DEBIAN.glob("*/bin"))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """Run an empty PostgreSQL, and yield its address with the password."""
    # It refuses to run as root, and pytest's folders are closed to others.
    other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    account = other if os.geteuid() == 0 else {}
    port, password = free_port(), secrets.token_hex()
    with tempfile.TemporaryDirectory(prefix="hsi-postgres-") as name:
        folder = Path(name)
        (folder / "password").write_text(password)
        if account:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        data = str(folder / "data")

        def run(*command: str) -> None:
            log = folder / "programs.log"
            with log.open("a", encoding="utf-8") as told:
                done = subprocess.run(command, cwd=folder, stdout=told, stderr=told, **account)
            assert done.returncode == 0, log.read_text(encoding="utf-8")

        initdb = [str(programs / "initdb"), "-D", data, "-U", "mlflow", "--no-sync"]
        run(*initdb, "-E", "UTF8", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}")
        settings = f"-F -p {port} -c listen_addresses={HOST} -c unix_socket_directories="
        ctl = [str(programs / "pg_ctl"), "-D", data, "-w"]
        run(*ctl, "-l", str(folder / "server.log"), "-o", settings, "start")
        try:
            # SQLAlchemy 2.1 takes `postgresql://` for psycopg 3.
            yield f"postgresql+psycopg2://mlflow:{password}@{HOST}:{port}/postgres"
        finally:
            run(*ctl, "-m", "immediate", "stop")


@contextmanager
def object_store(folder: Path, bucket: str) -> Iterator[str]:
    """Run moto's S3 with one bucket, and yield its address.

    It takes any key, so a wrong one is not tried.
    """
    port = free_port()
    address = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    with _running(command, port, folder / "s3.log"):
        # moto takes a bucket from anybody, without a signature
        urllib.request.urlopen(
            urllib.request.Request(f"{address}/{bucket}", method="PUT"), timeout=30
        ).close()
        yield address


def keys() -> dict[str, str]:
    """Return what a person sets in the shell to reach the object store."""
    return {
        "AWS_ACCESS_KEY_ID": secrets.token_hex(10),
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@contextmanager
def mlflow_server(
    folder: Path, database: str, artifacts: str, variables: dict[str, str]
) -> Iterator[MlflowServer]:
    """Run an MLflow server as docs/running.md says, and yield it.

    Args:
        folder: Where it keeps its log and its users.
        database: Address of the runs.
        artifacts: Address of the artifacts.
        variables: What it needs to reach them.
    """
    port, password = free_port(), secrets.token_hex()
    users = folder / "users.ini"
    users.write_text(
        "[mlflow]\ndefault_permission = EDIT\nadmin_username = admin\n"
        f"database_uri = sqlite:///{folder / 'users.db'}\n"
    )
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")},
        **variables,
        "MLFLOW_BACKEND_STORE_URI": database,
        "MLFLOW_ARTIFACTS_DESTINATION": artifacts,
        "MLFLOW_AUTH_CONFIG_PATH": str(users),
        "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_hex(),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth"]
    command += ["--host", HOST, "--port", str(port), "--workers", "1"]
    address = f"http://{HOST}:{port}"
    with _running(command, port, folder / "mlflow.log", environment):
        yield MlflowServer(address, "admin", password)


class SshServer(NamedTuple):
    """An OpenSSH server that lets one key in.

    Attributes:
        port: Of the server.
        key: File of the private key.
    """

    port: int
    key: Path


def sshd() -> str | None:
    """Return the program, which must be started by its whole path, or None without it."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def ssh_server(program: str, folder: Path) -> Iterator[SshServer]:
    """Run OpenSSH's server with keys made for it, and yield it."""
    for name in ("host", "key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # without it sshd does not start as root
    port = free_port()
    settings = folder / "sshd_config"
    settings.write_text(
        f"ListenAddress {HOST}\nPort {port}\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'key.pub'}\nStrictModes no\n"
        "PasswordAuthentication no\nSubsystem sftp internal-sftp\n"
    )
    with _running([program, "-D", "-e", "-f", str(settings)], port, folder / "sshd.log"):
        yield SshServer(port, folder / "key")


@contextmanager
def _running(
    command: list[str], port: int, log: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a server that listens at a port; its whole group of processes is ended."""
    with (
        log.open("w", encoding="utf-8") as told,
        subprocess.Popen(
            command,
            cwd=log.parent,
            env=environment,
            stdout=told,
            stderr=told,
            start_new_session=True,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _listens(port):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
                time.sleep(0.2)
            yield
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # nothing of it is kept


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=5).close()
    except OSError:
        return False
    return True
