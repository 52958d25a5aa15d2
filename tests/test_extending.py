"""What docs/extending.md says, done to the letter."""

import re
from pathlib import Path

import pytest
import yaml
from conftest import Clone

PAGE = Path("docs/extending.md").read_text()
TABLES = {"ATTENTION = {\n", "MODELS = {\n", "model:\n"}


def pieces() -> list[tuple[str, str]]:
    """Each file that the page names before a block of code, and the block."""
    return re.findall(r"`([\w/.]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)


def follow(clone: Clone) -> None:
    """Write the new files; put the lines for files that are there into their table."""
    for name, block in pieces():
        path = clone.path / name
        if path.exists():
            text = path.read_text()
            (place,) = [table for table in TABLES if table in text]
            path.write_text(text.replace(place, place + block))
        else:
            path.write_text(block)


def test_the_page_is_under_a_page_and_names_one_file_and_one_line_each():
    files = [name for name, _ in pieces()]
    assert [name for name in files if not Path(name).exists()] == [
        "src/hsi/attention/simam.py",
        "src/hsi/models/pooled.py",
    ]
    lines = {name: block.count("\n") for name, block in pieces() if name.endswith("__init__.py")}
    assert lines == {"src/hsi/attention/__init__.py": 1, "src/hsi/models/__init__.py": 1}
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    assert len(prose.split()) < 450


@pytest.mark.slow
def test_a_new_attention_on_a_new_network_trains_and_is_clean_code(clone):
    follow(clone)
    clone.run("ruff", "check", "src")
    clone.run("ruff", "format", "--check", "src")
    clone.run("dvc", "repro", "patches")
    clone.commit("extended")
    asked = ["-S", "model.name=pooled", "-S", "model.attention=simam"]
    clone.run("dvc", "exp", "run", *asked, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    scores = yaml.safe_load((clone.path / "metrics/evaluate.json").read_text())
    assert scores["oa"] > 0.6  # chance is a third
