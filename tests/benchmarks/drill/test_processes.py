import subprocess
import sys

from benchmarks.drill.processes import kill_all, working_in

SLEEPS = "print(1, flush=True); import time; time.sleep(60)"


def sleeper(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPS], cwd=folder, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout.readline() == b"1\n"
    return process


def test_all_that_works_in_a_folder_is_killed_and_nothing_else(tmp_path):
    for name in ("here/below", "herein"):
        (tmp_path / name).mkdir(parents=True)
    inside, beside = sleeper(tmp_path / "here/below"), sleeper(tmp_path / "herein")
    with inside, beside:
        assert [each.pid for each in working_in(tmp_path / "here")] == [inside.pid]
        assert kill_all(tmp_path / "here") == 1
        assert inside.wait(10) == -9
        assert beside.poll() is None
        beside.kill()
    assert kill_all(tmp_path) == 0
