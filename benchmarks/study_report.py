"""The report of a study (being written)."""

from pathlib import Path

from benchmarks.study_plan import Study


def write_report(study: Study, name: str, folder: Path) -> None:
    """Write the report."""
