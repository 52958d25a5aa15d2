"""A study's record, runs.csv and pairs.csv."""

import csv

from experiments.studies.plan import FOLDER, RunId
from experiments.studies.record import LEAK, RECALL, RUNS, read_record, run_of, write_record


def test_a_record_that_is_not_there_is_empty(tmp_path):
    assert read_record(tmp_path / "runs.csv") == []


def test_lines_may_have_numbers_that_others_lack(tmp_path):
    old = {"split": "random", "variant": "se", "seed": "1", "oa": "0.5"}
    new = {"split": "random", "variant": "se", "seed": 2, "oa": 0.25, "parameters": 7}
    write_record(tmp_path / "runs.csv", [old, new])
    first, second = read_record(tmp_path / "runs.csv")
    assert first == old | {"parameters": ""}
    assert second == {key: str(value) for key, value in new.items()}
    assert run_of(first) == RunId("random", "se", 1)


def test_a_record_that_is_read_and_written_again_is_the_same_file(tmp_path):
    path = FOLDER / "leak_free" / RUNS
    write_record(tmp_path / "runs.csv", read_record(path))
    assert (tmp_path / "runs.csv").read_bytes() == path.read_bytes()


def test_the_record_from_before_there_were_studies_keeps_what_was_measured():
    rows = read_record(FOLDER / "attentions" / RUNS)
    assert len(rows) >= 24
    for row in rows[:24]:
        assert row["experiment"].endswith(row["commit"])
        assert all(row[key] for key in ("oa", "aa", "kappa", "floor_oa", "parameters", "machine"))
        assert row["test"] == row[LEAK] == ""
        assert not any(key.startswith(RECALL) for key in row)


def test_a_record_is_csv_with_a_header(tmp_path):
    write_record(tmp_path / "runs.csv", [{"variant": "a, b", "oa": 1}])
    with (tmp_path / "runs.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["variant", "oa"], ["a, b", "1"]]
