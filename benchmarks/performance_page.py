"""Write docs/results/performance.md, in which each benchmark has a section of its own."""

import re
from datetime import date
from pathlib import Path

import torch

from hsi.files import write
from hsi.machine import processor_name

PAGE = Path("docs/results/performance.md")
HEAD = """# What it costs in seconds and memory

Each section is written by the script that it names, and names the machine and the day. Compare
figures within a section only: each script measures what it compares in one run. `make bench` runs
the short ones. Do not edit this page.
"""
ORDER = (
    "maps",
    "window_networks",
    "scaling",
    "large_scene",
    "large_file",
    "cluster_maps",
    "random_walker",
    "regions",
    "step",
    "turns",
    "commits",
    "stages",
    "overheads",
    "classic",
    "peers",
    "gpu",
)


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def publish(name: str, title: str, text: str) -> None:
    """Print a section, and put it into the page in place of its last version.

    Args:
        name: Name of the script, one of ORDER.
        title: Title of the section.
        text: Markdown.
    """
    when = f"{processor_name()}, torch {torch.__version__.split('+')[0]}, {date.today()}"
    section = f"## {title}\n\n`python -m benchmarks.{name}`: {when}.\n\n{text.strip()}\n"
    print(f"\n{section}")
    old = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    pattern = r"<!-- (\w+) -->\n(.*?)(?=\n<!-- |\Z)"
    sections = {key: body.strip() + "\n" for key, body in re.findall(pattern, old, re.DOTALL)}
    sections[name] = section
    parts = [f"<!-- {key} -->\n{sections[key]}" for key in ORDER if key in sections]
    write(PAGE, "\n".join([HEAD, *parts]).encode())
