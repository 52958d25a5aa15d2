"""What a study is to compare, and the record of what came of it."""

import csv
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, model_validator

from hsi.config import Params, Section, check
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


def changes(study: Study, split: str, variant: str, seed: str) -> list[str]:
    """Return what a run changes in params.yaml; what comes later wins."""
    seeds = [f"split.seed={seed}", f"train.seed={seed}"]
    return [*study.always, *study.splits[split], *study.variants[variant], *seeds]


def refuse_unknown(study: Study, file: Path, params: Path) -> None:
    """Check all that a study sets against params.yaml, before hours are spent on it.

    Raises:
        ValueError: If a change names a key that is not there, or gives it a value that cannot be.
    """
    for split, variant in product(study.splits, study.variants):
        content = yaml.safe_load(params.read_text())
        for change in changes(study, split, variant, str(study.seeds[0])):
            key, _, value = change.partition("=")
            *sections, last = key.split(".")
            inside = content
            for section in sections:
                inside = inside.get(section) if isinstance(inside, dict) else None
            if not isinstance(inside, dict) or last not in inside:
                raise ValueError(f"{file}: {change}: {params} has no {key}")
            inside[last] = yaml.safe_load(value)
        check(content, Params, Path(f"{file}: {variant} on {split}"))


def identity(row: Row) -> tuple[str, str, str]:
    """Return what tells one run of a study from another."""
    return row["split"], row["variant"], str(row["seed"])


def recorded(path: Path) -> list[Row]:
    """Return the lines of a record."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
