"""A stage in a fork of the process that has imported the packages is like any other stage."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from experiments.studies.warm import LIMITS, WARM, run_module, warm_interpreter

STAGE = """
import os, sys, time
from stages import run

def main():
    {body}

if __name__ == "__main__":
    run(main)
"""


@pytest.fixture(scope="module")
def warm():
    """The environment of stages, and the process that waits for them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in LIMITS:
            patch.setenv(name, "1")  # as in a worker of Dask
        with warm_interpreter(2, Path()) as environment:
            (process,) = psutil.Process().children()[-1:]
            yield environment, process
    assert not process.is_running()
    assert not Path(environment[WARM]).exists()


@pytest.fixture
def start(warm, tmp_path):
    """Start a stage with some body, in a repository of its own."""
    for name in (
        *("stages/__init__.py", "stages/interpreter.py", "src/experiments/__init__.py"),
        *("src/experiments/studies/__init__.py", "src/experiments/studies/warm.py"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, tmp_path / name)

    def stage(body: str, **more: str) -> subprocess.Popen:
        # Python takes what it has compiled for a file of the same size and second.
        shutil.rmtree(tmp_path / "stages/__pycache__", ignore_errors=True)
        (tmp_path / "stages/example.py").write_text(STAGE.format(body=body), "utf-8")
        return subprocess.Popen(
            [sys.executable, "-m", "stages.example", "an argument"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **warm[0], **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=lambda: [  # nohup ignores the one, and a shell's background the other
                signal.signal(each, signal.SIG_DFL) for each in (signal.SIGHUP, signal.SIGINT)
            ],
        )

    return stage


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_it_has_the_packages_and_runs_as_it_was_started(start, warm, tmp_path):
    body = (
        "print('torch' in sys.modules, 'hsi' in sys.modules, __file__, os.getcwd(), sys.argv[1:],"
        " os.environ['MINE'], sys.modules['torch'].get_num_threads());"
        " print('warned', file=sys.stderr)"
    )
    process = start(body, MINE="yes")
    code, out, err = ended(process)
    assert (code, err) == (0, "warned\n")
    stage = tmp_path / "stages/example.py"
    assert out == f"True False {stage} {tmp_path} ['an argument'] yes 2\n"


def test_a_mistake_is_one_line_and_a_fault_keeps_its_traceback(start):
    assert ended(start("raise ValueError('a mistake')")) == (1, "", "example: a mistake\n")
    code, _, err = ended(start("raise RuntimeError('a fault')"))
    assert code == 1
    assert err.startswith("Traceback")
    assert ended(start("os.kill(os.getpid(), 9)"))[0] == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, 128 + signal.SIGTERM, "example: stopped by SIGTERM\n"),
        (signal.SIGHUP, 128 + signal.SIGHUP, "example: stopped by SIGHUP\n"),
        (signal.SIGINT, 1, "example: interrupted\n"),
    ],
)
def test_a_signal_ends_it_in_order(start, number, code, said):
    process = start("print('runs', flush=True)\n    while True: time.sleep(0.1)")
    assert process.stdout.readline() == "runs\n"
    process.send_signal(number)
    assert ended(process) == (code, "", said)


def test_a_module_runs_in_a_folder_and_its_exit_code_comes_back(warm, tmp_path):
    (tmp_path / "mine.json").write_text("[1]")
    with (tmp_path / "said").open("wb") as said:
        codes = [
            run_module(warm[0][WARM], command, tmp_path, {}, said.fileno())
            for command in (["json.tool", "mine.json"], ["no_such_module"])
        ]
    assert codes == [0, 1]
    words = (tmp_path / "said").read_text()
    assert words.startswith("[")
    assert "No module named no_such_module" in words


def test_what_a_fork_has_started_ends_with_whoever_asked(warm, tmp_path):
    script = (
        "import sys; sys.path.insert(0, 'src'); from pathlib import Path;"
        "from experiments.studies.warm import run_module;"
        f"run_module({warm[0][WARM]!r}, ['timeit', '-n1', '-r1', \"import os, subprocess;"
        " print(os.getpid(), flush=True); subprocess.run(['sleep', '60'])\"], Path(), {}, 1)"
    )
    asks = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    fork = psutil.Process(int(asks.stdout.readline()))
    while not fork.children():
        time.sleep(0.01)
    (sleeper,) = fork.children()
    asks.kill()
    asks.communicate()
    fork.wait(timeout=10)
    sleeper.wait(timeout=10)


def test_it_ends_with_the_process_that_stands_for_it(start):
    process = start("print(os.getpid(), flush=True); time.sleep(60)")
    fork = psutil.Process(int(process.stdout.readline()))
    assert fork.pid != process.pid
    process.kill()
    process.communicate()
    fork.wait(timeout=10)


def test_forks_do_not_remain_as_zombies(start, warm):
    assert ended(start("pass"))[0] == 0
    _, alive = psutil.wait_procs(warm[1].children(), timeout=10)
    assert alive == []


def test_without_the_process_a_stage_runs_by_itself(start, tmp_path):
    code, out, _ = ended(start("print('torch' in sys.modules)", **{WARM: str(tmp_path / "gone")}))
    assert (code, out) == (0, "False\n")
