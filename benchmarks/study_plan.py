"""What a study is to compare, and the record of what came of it."""

import csv
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from hsi.config import Section
from hsi.limits import Seed

FOLDER = Path("docs/studies")
Pair = Annotated[list[str], Field(min_length=2, max_length=2)]
Row = dict[str, Any]


class Study(Section):
    """What a study's file says; every list of changes is what `dvc exp run -S` takes."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    always: list[str]
    splits: dict[str, list[str]]
    variants: dict[str, list[str]]
    compare: list[Pair]
    gaps: list[Pair]

    @model_validator(mode="after")
    def _pairs_are_known(self) -> "Study":
        for key, known in (("compare", self.variants), ("gaps", self.splits)):
            for name in {name for pair in getattr(self, key) for name in pair} - known.keys():
                raise ValueError(f"{key} names {name!r}, may be {', '.join(known)}")
        return self


def identity(row: Row) -> tuple[str, str, str]:
    """Return what tells one run of a study from another."""
    return row["split"], row["variant"], str(row["seed"])


def recorded(path: Path) -> list[Row]:
    """Return the lines of a record."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
