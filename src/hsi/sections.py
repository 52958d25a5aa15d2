"""Sections of a YAML file as frozen, strict models.

Every mistake in a file is reported at once, one line each, with the key, what it may be and what it
was.
"""

from pathlib import Path
from reprlib import Repr
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails


class Section(BaseModel):
    """A section of a YAML file: unknown keys are errors, and values never change.

    Attributes:
        renamed: Keys of earlier versions, and where their values stand now.
    """

    renamed: ClassVar[dict[str, str]] = {}
    model_config = ConfigDict(extra="forbid", frozen=True)

    def settings_of(self, name: str) -> dict[str, Any]:
        """Return the values of the block that belongs to a choice of this section."""
        block: Section = getattr(self, name)
        return block.model_dump()


def _shown(value: object) -> str:
    """Return a value as Python writes it, cut where it is long or deep."""
    short = Repr()
    short.maxlevel, short.maxdict, short.maxlist = 2, 4, 4
    short.maxstring = short.maxlong = short.maxother = 80
    return short.repr(value)


def _keys_beside(kind: type[Section], location: tuple[int | str, ...]) -> str:
    section: Any = kind
    for name in location[:-1]:
        section = section.model_fields[name].annotation
    return ", ".join(section.model_fields)


def _line(path: Path, kind: type[Section], error: ErrorDetails) -> str:
    key = ".".join(str(part) for part in error["loc"])
    got = f" (got {_shown(error['input'])})"
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if error["type"] == "missing":
        return f"{path}: {key}: is missing"
    if error["type"] == "extra_forbidden":
        if key in kind.renamed:
            return f"{path}: {key}: has moved to {kind.renamed[key]}{got}"
        return f"{path}: {key}: unknown key, may be {_keys_beside(kind, error['loc'])}{got}"
    if not key:  # the mistake is in no single value: the message names what it is in
        return f"{path}: {message}"
    return f"{path}: {key}: {message}{got}"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader; a key that is given twice is an error, where PyYAML takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.MarkedYAMLError(
                problem=f"{', '.join(sorted(twice))} is given twice", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep)


Kind = TypeVar("Kind", bound=Section)


def load(path: Path, kind: type[Kind]) -> Kind:
    """Read and check a YAML file.

    Raises:
        ValueError: With one line per mistake: the key, what it may be, and what it was.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path}: may be a regular file, and is none")
    try:
        content = _Loader(path.read_text(encoding="utf-8-sig")).get_single_data()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ValueError(f"{path}: nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: should hold the sections {', '.join(kind.model_fields)}")
    return check(content, kind, path)


def check(content: dict[str, Any], kind: type[Kind], path: Path) -> Kind:
    """Check the content of a YAML file; `path` is what errors call the file.

    Raises:
        ValueError: With one line per mistake: the key, what it may be, and what it was.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ValueError("\n".join(_line(path, kind, each) for each in error.errors())) from error
