"""Seconds and peak memory of a process."""

import subprocess
import sys

import pytest

from benchmarks.timing import run_measured, seconds


def test_a_process_is_measured_by_its_own_peak_of_memory():
    def peak(megabytes: int) -> float:
        code = f"x = bytearray(b'1' * 2**20) * {megabytes}"
        spent, peak = run_measured([sys.executable, "-c", code])
        assert 0 < spent < 60
        return peak

    assert 180 < peak(200) - peak(1) < 220
    with pytest.raises(subprocess.CalledProcessError):
        run_measured([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_call_takes_time_and_gets_its_arguments():
    got = []
    assert seconds(got.extend, [1, 2]) >= 0
    assert got == [1, 2]
