"""What docs/extending.md says, done to the letter."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.pipeline.clone import NO_SERVER, Clone

PAGE = Path("docs/extending.md").read_text(encoding="utf-8")
TABLES = {"Attention(": "ATTENTIONS = {\n", "Network(": "NETWORKS = {\n"}


def pieces() -> list[tuple[str, str]]:
    """Each file that the page names before a block of code, and the block."""
    return re.findall(r"`([\w/.]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)


def follow(clone: Clone) -> None:
    """Write the new files; put the lines for files that are there into their table."""
    for name, block in pieces():
        path = clone.path / name
        if path.exists():
            table = next((TABLES[word] for word in TABLES if word in block), "model:\n")
            text = path.read_text()
            assert text.count(table) == 1
            path.write_text(text.replace(table, table + block))
        else:
            path.write_text(block)


def test_the_page_is_under_a_page_and_asks_for_one_file_and_one_line_each():
    files = [name for name, _ in pieces()]
    assert [name for name in files if not Path(name).exists()] == [
        "src/hsi/attention/simam.py",
        "src/hsi/networks/pooled.py",
    ]
    lines = [block.count("\n") for name, block in pieces() if Path(name).exists()]
    assert lines == [1, 1, 1, 1]
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    assert len(prose.split()) < 450


@pytest.mark.slow
def test_a_new_attention_on_a_new_network_trains_and_is_clean_code(clone):
    follow(clone)
    clone.run("ruff", "check", "src")
    clone.run("ruff", "format", "--check", "src")
    clone.set(model={"name": "pooled", "attention": "simam"})
    assert "stages.train" in clone.run("dvc", "repro", "--dry").stdout  # every block is found
    stages = (
        "from stages import evaluate, infer, train; train.main(); infer.main(); evaluate.main()"
    )
    clone.run(sys.executable, "-c", stages, MLFLOW_TRACKING_URI=NO_SERVER)
    scores = yaml.safe_load((clone.path / "metrics/evaluate.json").read_text())
    assert scores["oa"] > 0.6  # chance is a third
