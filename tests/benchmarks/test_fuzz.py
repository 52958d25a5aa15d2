import subprocess
import sys

import numpy as np
import pytest

from benchmarks.fuzz import Outcome, table, write_case
from benchmarks.fuzz_readers import READERS
from benchmarks.mutations import mutated


def test_of_some_hundred_damaged_files_each_is_read_or_refused_in_one_line():
    asked = [sys.executable, "-m", "benchmarks.fuzz", "--cases", "12", "--minutes", "1"]
    done = subprocess.run(asked, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(READERS)
    assert done.stdout.count(" 12 files, ") == len(READERS)


def test_a_case_is_made_again_by_its_number(tmp_path):
    for name in ("geojson", "mat5", "classifier"):
        contents = []
        for folder in (tmp_path / name / "first", tmp_path / name / "second"):
            folder.mkdir(parents=True)
            contents.append(write_case(READERS[name], folder, 7).read_bytes())
        assert contents[0] == contents[1]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"a": [1, {"b": null}]}', bytes(300)])
def test_content_of_any_kind_can_be_damaged(content):
    generator = np.random.default_rng(0)
    assert any(mutated(content, generator) != content for _ in range(20))


def test_findings_are_counted_by_cause():
    outcomes = [
        Outcome(0, "", ""),
        Outcome(1, "", "a.tif cannot be read"),
        Outcome(2, "KeyError: 'a' (open.py:7)", ""),
        Outcome(3, "KeyError: 'b' (open.py:7)", ""),
    ]
    first, *others = table("geotiff", 60, outcomes).splitlines()
    assert first == "geotiff: 1.0 minutes, 4 files, 1 read, 1 refused in one line, 2 findings"
    assert others == ["  2 times, cases 2, 3", "    KeyError: 'a' (open.py:7)"]
