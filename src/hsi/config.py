"""params.yaml as frozen, strict models; every mistake in it is reported at once, one line each.

This module imports no torch. What networks and attentions there are, and what their settings may
be, it has from the tables `hsi.models.MODELS` and `hsi.attention.ATTENTION`.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from hsi.attention import ATTENTION, refuse_twice
from hsi.limits import Count, Fraction, NotNegative, OddCount, Positive, Seed
from hsi.models import MODELS, places


def _share(value: object) -> float | int:
    """Accept a fraction below 1 or a whole number; YAML 1.1 reads 1e-1 as text."""
    try:
        number = float(value) if isinstance(value, int | float | str) else -1.0
    except ValueError:
        number = -1.0
    if isinstance(value, bool) or number < 0 or (number >= 1 and number != int(number)):
        raise ValueError("may be a fraction between 0 and 1, or a whole number of pixels per class")
    return number if number < 1 else int(number)


def _more_than_nothing(value: float | int) -> float | int:
    if value == 0:
        raise ValueError("may be a fraction between 0 and 1, or a whole number of pixels per class")
    return value


def _among(names: Collection[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"may be {', '.join(names)}")
        return value

    return AfterValidator(check)


Share = Annotated[float | int, BeforeValidator(_share)]


class Section(BaseModel):
    """A block of params.yaml: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomScene(Section):
    """Where the user's own scene lies (`scene.custom`)."""

    cube: Path
    cube_key: str | None
    truth: Path
    truth_key: str | None
    unlabelled: int
    class_names: dict[int, str] | None


class SceneParams(Section):
    """Which scene (`scene`)."""

    name: Literal["indian_pines", "salinas", "pavia_university", "custom"]
    custom: CustomScene


class SplitFiles(Section):
    """Where the user's own masks lie (`split.file`)."""

    train: Path
    train_key: str | None
    validation: Path | None
    validation_key: str | None
    test: Path
    test_key: str | None


class SplitParams(Section):
    """Who trains and who tests (`split`)."""

    method: Literal["random", "blocks", "random_matched", "file"]
    seed: Seed
    train: Annotated[Share, AfterValidator(_more_than_nothing)]
    validation: Share
    block: Count
    file: SplitFiles


class ReduceParams(Section):
    """Bands to components (`reduce`)."""

    method: Literal["pca"]
    components: Count
    whiten: bool
    fit_on: Literal["scene", "train"]


class PatchesParams(Section):
    """Windows (`patches`)."""

    window: OddCount


# One block of settings for each attention: `model.se`, `model.cbam`, ...
_blocks: dict[str, Any] = {
    name: create_model(name, __base__=Section, **attention.settings)
    for name, attention in ATTENTION.items()
}
AttentionBlocks = create_model("AttentionBlocks", __base__=Section, **_blocks)


class ModelParams(AttentionBlocks):  # type: ignore[valid-type, misc]
    """The network (`model`)."""

    name: Annotated[str, _among(MODELS)]
    batch_norm: bool
    dropout: Fraction
    attention: Annotated[str, _among(ATTENTION)]
    attention_at: list[str] | None
    attention_residual: bool

    @field_validator("attention")
    @classmethod
    def _has_a_place(
        cls,
        value: str,
        info: Any,  # noqa: ANN401  pydantic's ValidationInfo, a protocol beartype cannot check
    ) -> str:
        if "name" in info.data:
            places(info.data["name"], value, None)
        return value

    @field_validator("attention_at")
    @classmethod
    def _has_such_places(
        cls,
        value: list[str] | None,
        info: Any,  # noqa: ANN401  likewise
    ) -> list[str] | None:
        if {"name", "attention"} <= info.data.keys():
            places(info.data["name"], info.data["attention"], value)
        return value

    @field_validator("attention_residual")
    @classmethod
    def _adds_once(cls, value: bool, info: Any) -> bool:  # noqa: ANN401  likewise
        refuse_twice(info.data.get("attention", "none"), value)
        return value

    def recipe(self) -> dict[str, Any]:
        """Return what `hsi.models.build` wants of this section: of attentions, the one in use."""
        return {
            **self.model_dump(exclude=set(ATTENTION)),
            "attention_settings": getattr(self, self.attention).model_dump(),
        }


class SceneRecipe(Section):
    """How to train with one step an epoch (`train.scene`)."""

    rate: Positive
    schedule: Literal["one_cycle", "constant"]
    weight_decay: NotNegative
    smoothing: Fraction
    augment: bool


class WindowsRecipe(SceneRecipe):
    """How to train on mini-batches of windows (`train.windows`)."""

    batch: Count


class TrainParams(Section):
    """How to train (`train`)."""

    seed: Seed
    batching: Literal["scene", "windows"]
    epochs: Count
    precision: Literal["auto", "float32", "bfloat16"]
    scene: SceneRecipe
    windows: WindowsRecipe

    def recipe(self) -> SceneRecipe:
        """Return the block of the batching in use."""
        return self.scene if self.batching == "scene" else self.windows


class InferenceParams(Section):
    """How to classify with a trained network (`inference`)."""

    turns: bool
    temperature: bool


class Params(Section):
    """All of params.yaml."""

    scene: SceneParams
    split: SplitParams
    reduce: ReduceParams
    patches: PatchesParams
    model: ModelParams
    train: TrainParams
    inference: InferenceParams

    @model_validator(mode="after")
    def _temperature_has_pixels(self) -> "Params":
        own = self.split.method == "file"
        validated = self.split.file.validation is not None if own else self.split.validation > 0
        if self.inference.temperature and not validated:
            key = "split.file.validation" if own else "split.validation"
            raise ValueError(
                f"inference.temperature: may be true where {key} sets pixels aside to fit it on "
                "(got True)"
            )
        return self


def _keys_beside(kind: type[Section], location: tuple[int | str, ...]) -> str:
    section: Any = kind
    for name in location[:-1]:
        section = section.model_fields[name].annotation
    return ", ".join(section.model_fields)


def _line(path: Path, kind: type[Section], error: ErrorDetails) -> str:
    key = ".".join(str(part) for part in error["loc"])
    got = f" (got {error['input']!r})"
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if error["type"] == "missing":
        return f"{path}: {key}: is missing"
    if error["type"] == "extra_forbidden":
        return f"{path}: {key}: unknown key, may be {_keys_beside(kind, error['loc'])}{got}"
    if not key:  # what is wrong is not one value: the message says which
        return f"{path}: {message}"
    return f"{path}: {key}: {message}{got}"


Kind = TypeVar("Kind", bound=Section)


def load(path: Path, kind: type[Kind]) -> Kind:
    """Read and check a YAML file.

    Raises:
        ValueError: With one line per mistake: the key, what it may be, and what it was.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: should hold the sections {', '.join(kind.model_fields)}")
    return check(content, kind, path)


def check(content: dict[str, Any], kind: type[Kind], path: Path) -> Kind:
    """Check what a YAML file holds; `path` is what errors call it.

    Raises:
        ValueError: With one line per mistake: the key, what it may be, and what it was.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ValueError("\n".join(_line(path, kind, each) for each in error.errors())) from error


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check the parameters.

    Raises:
        ValueError: With one line per mistake: the key, what it may be, and what it was.
        FileNotFoundError: If the file is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; run from the top of the repository")
    return load(path, Params)
