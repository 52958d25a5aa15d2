"""docs/performance.md: each benchmark keeps its own section, with the machine it ran on."""

import os
import platform
import re
from datetime import date
from pathlib import Path

import torch

from hsi.files import write

PAGE = Path("docs/performance.md")
HEAD = """# What it costs

Every section is written by the script it names, which compares within one run; `make bench` runs
the short ones. Do not edit.
"""
ORDER = ("maps", "scaling", "large_scene", "step", "then", "stages", "classic", "gpu")


def machine() -> str:
    """Return what computes: the GPU, or the processor and its cores."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ")[1] for line in lines if "model name" in line), model)
    return f"{model}, {os.cpu_count()} cores"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def publish(name: str, title: str, text: str) -> None:
    """Print a section and put it into the page in place of its last version.

    Args:
        name: Of the script, one of ORDER.
        title: Of the section.
        text: Markdown.
    """
    when = f"{machine()}, torch {torch.__version__.split('+')[0]}, {date.today()}"
    section = f"## {title}\n\n`python -m benchmarks.{name}`: {when}.\n\n{text.strip()}\n"
    print(f"\n{section}")
    old = PAGE.read_text() if PAGE.is_file() else ""
    pattern = r"<!-- (\w+) -->\n(.*?)(?=\n<!-- |\Z)"
    sections = {key: body.strip() + "\n" for key, body in re.findall(pattern, old, re.DOTALL)}
    sections[name] = section
    parts = [f"<!-- {key} -->\n{sections[key]}" for key in ORDER if key in sections]
    write(PAGE, "\n".join([HEAD, *parts]).encode())
