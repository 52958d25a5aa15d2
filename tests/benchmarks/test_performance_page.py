"""Sections of docs/results/performance.md."""

import re
from pathlib import Path

from benchmarks import performance_page as page
from hsi.machine import processor_name


def test_a_section_replaces_its_last_version_and_no_other(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.publish("step", "A step", "An old text.")
    page.publish("maps", "Maps", page.table(["a", "b"], [["1", "2"]]))
    page.publish("step", "A step", "A new text.")
    text = page.PAGE.read_text()
    assert "An old text." not in text
    assert text.index("## Maps") < text.index("## A step") < text.index("A new text.")
    assert "| a | b |\n| --- | --- |\n| 1 | 2 |" in text
    assert text.count("`python -m benchmarks.step`") == 1
    assert processor_name() in text
    page.publish("step", "A step", "A new text.")
    assert page.PAGE.read_text() == text
    assert "A new text." in capsys.readouterr().out


def test_the_committed_page_has_the_sections_of_this_code_and_keeps_them(tmp_path, monkeypatch):
    committed = page.PAGE.read_text()
    sections = re.findall(r"<!-- (\w+) -->\n## .*\n\n`python -m benchmarks\.(\w+)`", committed)
    assert committed.startswith(page.HEAD)
    assert [name for name, _ in sections] == [name for _, name in sections]
    assert [name for name, _ in sections] == [name for name in page.ORDER if name != "gpu"]
    for name, _ in sections:
        assert Path(f"benchmarks/{name}.py").is_file()
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.PAGE.write_text(committed)
    page.publish("gpu", "On a GPU", "fast")
    assert page.PAGE.read_text().startswith(committed)


def test_links_of_the_results_lead_somewhere():
    for text in Path("docs/results").glob("*.md"):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", text.read_text()):
            assert (text.parent / link).exists(), f"{text}: {link}"
