from benchmarks.drill import page
from benchmarks.drill.case import DOCTOR, FAILED, NAMED, RIGHT, Record


def test_the_page_counts_each_case_once_and_shows_every_failure(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page, "PAGE", tmp_path / "reliability.md")
    kinds = {"a-1": RIGHT, "a-2": DOCTOR, "a-3": FAILED, "b-1": NAMED}
    records = [
        Record(name[0], name, 1, kind, f"of {name}", 36.0, "abc1234")
        for name, kind in kinds.items()
    ]
    records.insert(0, Record("a", "a-1", 1, FAILED, "an earlier attempt", 1.0, "abc1234"))
    page.publish(records)
    text = page.PAGE.read_text()
    assert "| a | 3 of 3 | 1 | 1 | 0 | 1 |" in text
    assert "| b | 1 of 1 | 0 | 0 | 1 | 0 |" in text
    assert "| kill -9 of `dvc repro` | 0 of 100 | 0 | 0 | 0 | 0 |" in text
    assert "- a-3 (seed 1): of a-3" in text
    assert "an earlier attempt" not in text
    assert "commits abc1234, seed 1" in text
    page.publish(records[1:2])
    assert "## Failures\n\nNone." in page.PAGE.read_text()
