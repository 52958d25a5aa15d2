"""The plan of a study: which variants, splits and seeds to run, and what to compare.

A plan is a file `docs/studies/NAME/study.yaml`. The study's record and report stand beside it.
"""

from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import Field, model_validator

from hsi.choices import Seed
from hsi.config import Params
from hsi.sections import Section, check, load

FOLDER, FILE = Path("docs/studies"), "study.yaml"
Pair = Annotated[list[str], Field(min_length=2, max_length=2)]


class RunId(NamedTuple):
    """What identifies a run within its study."""

    split: str
    variant: str
    seed: int


class Study(Section):
    """The content of a plan.

    Every change is one that `dvc exp run -S` takes, as in `model.attention=se`. Where several
    changes set the same key, the last one holds: `always`, then the split, then the variant.

    Attributes:
        about: What the study asks, and what its reader should know; the report begins with it.
        scored_on: Whose pixels the report scores. `validation` serves to choose settings without
            looking at test pixels.
        seeds: One run of every variant and split for each; the number seeds split and training.
        always: Changes that every run makes.
        splits: The name of each split, and its changes.
        variants: The name of each variant, and its changes.
        compare: Pairs of variants that are tested against each other, on each split.
        gaps: Pairs of splits; the report shows how much more each variant scores on the first.
    """

    about: str
    scored_on: Literal["test", "validation"]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    always: list[str]
    splits: Annotated[dict[str, list[str]], Field(min_length=1)]
    variants: Annotated[dict[str, list[str]], Field(min_length=1)]
    compare: list[Pair]
    gaps: list[Pair]

    @model_validator(mode="after")
    def _pairs_are_known(self) -> "Study":
        for key, known in (("compare", self.variants), ("gaps", self.splits)):
            for name in {name for pair in getattr(self, key) for name in pair} - known.keys():
                raise ValueError(f"{key} names {name!r}, may be {', '.join(known)}")
        return self

    def runs(self) -> list[RunId]:
        """Return every run of the study: all variants with one seed before the next seed."""
        return [
            RunId(split, variant, seed)
            for seed, split, variant in product(self.seeds, self.splits, self.variants)
        ]

    def changes(self, run: RunId) -> list[str]:
        """Return the changes that a run makes to params.yaml."""
        seeds = [f"split.seed={run.seed}", f"train.seed={run.seed}"]
        return [*self.always, *self.splits[run.split], *self.variants[run.variant], *seeds]


def find(study: str) -> Path:
    """Return the folder of a study.

    Args:
        study: Its name, its folder, or the path of its study.yaml.

    Raises:
        FileNotFoundError: If there is no such plan.
    """
    given = Path(study)
    folders = [given.parent] if given.name == FILE else [given, FOLDER / study]
    for folder in folders:
        if (folder / FILE).is_file():
            return folder
    known = ", ".join(sorted(each.parent.name for each in FOLDER.glob(f"*/{FILE}"))) or "none"
    raise FileNotFoundError(
        f"{study}: there is no such study; {FOLDER} has {known}, and a new one is a file "
        f"{FOLDER}/NAME/{FILE}"
    )


def read(folder: Path, params: Path) -> Study:
    """Read a plan, and check all its changes against params.yaml before hours are spent on it.

    Args:
        folder: The folder of the study.
        params: The path of params.yaml.

    Raises:
        ValueError: If the plan has a mistake, if a change names an unknown key or an impossible
            value, or if a study of validation pixels sets none aside.
    """
    file = folder / FILE
    study = load(file, Study)
    unchanged = yaml.safe_load(params.read_text(encoding="utf-8"))
    for split, variant in product(study.splits, study.variants):
        content = deepcopy(unchanged)
        for change in study.changes(RunId(split, variant, study.seeds[0])):
            _apply(change, content, file, params)
        changed = check(content, Params, Path(f"{file}: {variant} on {split}"))
        if study.scored_on == "validation" and not _has_validation(changed):
            raise ValueError(
                f"{file}: scored_on: may be test, because {variant} on {split} sets no "
                "validation pixels aside (split.validation) (got 'validation')"
            )
    return study


def _apply(change: str, content: dict[str, Any], file: Path, params: Path) -> None:
    """Make a change to the content of params.yaml."""
    key, _, value = change.partition("=")
    *sections, last = key.split(".")
    inside: Any = content
    for section in sections:
        inside = inside.get(section) if isinstance(inside, dict) else None
    if not isinstance(inside, dict) or last not in inside:
        raise ValueError(f"{file}: {change}: {params} has no {key}")
    try:
        inside[last] = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{file}: {change}: {value[:80]!r} is no value of YAML") from error


def _has_validation(params: Params) -> bool:
    own = params.split.settings_of(params.split.method)
    if "validation" in own:
        return own["validation"] is not None
    return params.split.validation > 0
