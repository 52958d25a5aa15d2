"""How a stage starts and ends as a process: its interpreter, its errors, and signals."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BARE = Path(sys.base_prefix) / "bin/python3"  # has none of the packages
STAGE = """
import sys
from stages import run

def main():
    {body}

if __name__ == "__main__":
    run(main)
"""


@pytest.fixture
def repository(tmp_path) -> Path:
    """A folder with the code that starts a stage."""
    (tmp_path / "repository/stages").mkdir(parents=True)
    for name in ("__init__.py", "interpreter.py"):
        shutil.copyfile(f"stages/{name}", tmp_path / "repository/stages" / name)
    return tmp_path / "repository"


def start(repository: Path, body: str, python: Path | str = sys.executable, **more: str):
    """Start a stage with some body."""
    (repository / "stages/example.py").write_text(STAGE.format(body=body), "utf-8")
    clean = {k: v for k, v in os.environ.items() if k not in ("DVC_ROOT", "PYTHONPATH")}
    return subprocess.Popen(
        [str(python), "-m", "stages.example"],
        cwd=repository,
        env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup ignores it
    )


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="the tests do not run in a venv")
@pytest.mark.parametrize("place", ["repository", "elsewhere"])
def test_without_an_activated_environment_a_stage_goes_on_in_that_of_the_repository(
    repository, tmp_path, place
):
    top = tmp_path / place  # elsewhere: as in the copy of a queued experiment
    top.mkdir(exist_ok=True)
    (top / ".venv").symlink_to(sys.prefix)
    more = {"DVC_ROOT": str(top)} if place == "elsewhere" else {}
    code, out, err = ended(
        start(repository, "import jaxtyping; print(sys.executable, sys.argv[1:])", BARE, **more)
    )
    assert (code, err) == (0, "")
    assert out == f"{top}/.venv/bin/python []\n"


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="the tests do not run in a venv")
def test_without_any_environment_one_line_says_what_to_do(repository):
    code, out, err = ended(start(repository, "print(1)", BARE))
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith("stages: ")
    assert " lacks " in line
    assert "jaxtyping" in line
    assert line.endswith("mend it by `make .venv/ready` and `source .venv/bin/activate`")


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="the tests do not run in a venv")
def test_an_environment_that_lacks_packages_too_is_not_tried_for_ever(repository):
    (repository / ".venv/bin").mkdir(parents=True)
    (repository / ".venv/bin/python").symlink_to(BARE)
    code, _, err = ended(start(repository, "print(1)", BARE))
    assert code == 1
    assert "mend it by rm -f .venv/ready, `make .venv/ready` and" in err


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('params.yaml: model.name: ...')", "params.yaml: model.name: ..."),
        ("open('missing.npy')", "missing.npy: No such file or directory"),
        ("raise OSError('cube.npy could not be written: full')", "cube.npy could not be written"),
        ("raise MemoryError", "not enough memory"),
        ("raise MemoryError('Unable to allocate 7 TiB')", "not enough memory: Unable to allocate"),
        ("raise RuntimeError('CUDA out of memory. Tried')", "not enough memory: CUDA out of"),
        ("f = lambda: f(); f()", "something is nested too deeply: "),
        ("raise KeyboardInterrupt", "interrupted"),
    ],
)
def test_what_a_person_can_mend_is_one_line(repository, body, message):
    code, _, err = ended(start(repository, body))
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith(f"example: {message}")


def test_a_fault_of_the_program_keeps_its_traceback(repository):
    code, _, err = ended(start(repository, "raise RuntimeError('a fault')"))
    assert code == 1
    assert "Traceback" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_stage_in_order_and_says_so(repository, number):
    body = "import time\n    try:\n        print(1, flush=True); time.sleep(60)\n    finally:\n"
    process = start(repository, f"{body}        print('tidied')")
    assert process.stdout.readline() == "1\n"
    process.send_signal(number)
    code, out, err = ended(process)
    assert code == 128 + number
    assert out == "tidied\n"
    assert err == f"example: stopped by {signal.Signals(number).name}\n"


def test_a_name_that_the_locale_cannot_write_is_no_error(repository):
    body = "print('for\\xeat')"
    code, out, _ = ended(
        start(repository, body, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    )
    assert (code, out) == (0, "for\\xeat\n")


def test_output_that_nobody_reads_is_no_traceback(repository):
    process = start(repository, "import time; time.sleep(1); print('x' * 100000)")
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()
