"""The values of params.yaml as frozen, strict models.

`hsi.sections` reports mistakes. This module imports no torch: names and settings come from the
tables of `hsi.choices`.
"""

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from hsi.choices import (
    ATTENTIONS,
    COMPARATORS,
    NETWORKS,
    NORMALISATIONS,
    REDUCTIONS,
    SMOOTHINGS,
    SPLITS,
    Choice,
    Count,
    Folds,
    Fraction,
    NotNegative,
    OddCount,
    Positive,
    Seed,
    Whole,
    attention_places,
    refuse_double_residual,
)
from hsi.sections import Section, load


def _share(value: object) -> float | int:
    """Accept a fraction below 1 or a whole number; YAML 1.1 reads 1e-1 as text."""
    try:
        number = float(value) if isinstance(value, int | float | str) else -1.0
    except (ValueError, OverflowError):
        number = -1.0
    whole = 1 <= number < 2**31 and number == int(number)
    if isinstance(value, bool) or not (0 <= number < 1 or whole):
        raise ValueError("may be a fraction between 0 and 1, or a whole number of pixels per class")
    return int(number) if whole else number


def _numbers(value: object) -> tuple[int | float, ...]:
    """Accept a number or a list of some; YAML 1.1 reads -1e30 as text."""
    numbers: list[int | float] = []
    for each in value if isinstance(value, list | tuple) else [value]:
        try:
            number = float(each) if isinstance(each, int | float | str) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if isinstance(each, bool) or not math.isfinite(number):
            raise ValueError("may be a number or a list of numbers")
        numbers.append(each if isinstance(each, int) else number)
    return tuple(numbers)


def _bands(value: object) -> object:
    """Accept numbers of bands, or pairs of nanometres."""
    listed = list(value) if isinstance(value, list | tuple) else []
    numbers = [each for each in listed if isinstance(each, int) and not isinstance(each, bool)]
    pairs = []
    for each in listed:
        ends = _numbers(each) if isinstance(each, list | tuple) else ()
        if len(ends) == 2 and ends[0] < ends[1]:
            pairs.append((float(ends[0]), float(ends[1])))
    if not listed or len(listed) not in (len(numbers), len(pairs)):
        raise ValueError(
            "may be a list of band numbers from 0, as [0, 1, 5], or of ranges in nanometres, as "
            "[[400, 1340], [1450, 1790]]"
        )
    return tuple(numbers or pairs)


def _not_zero(value: float | int) -> float | int:
    if value == 0:
        raise ValueError("may be a fraction between 0 and 1, or a whole number of pixels per class")
    return value


def _one_of(names: Collection[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"may be {', '.join(names)}")
        return value

    return AfterValidator(check)


Share = Annotated[float | int, BeforeValidator(_share)]
Numbers = Annotated[tuple[int | float, ...], BeforeValidator(_numbers)]
Bands = Annotated[tuple[int, ...] | tuple[tuple[float, float], ...], BeforeValidator(_bands)]


def _blocks(title: str, *tables: Mapping[str, Choice]) -> type[Section]:
    """Return a section with one block of settings for each choice of some tables."""
    fields: dict[str, Any] = {
        name: create_model(name, __base__=Section, **choice.settings)
        for table in tables
        for name, choice in table.items()
    }
    return create_model(title, __base__=Section, **fields)


_SplitBlocks: Any = _blocks("SplitBlocks", SPLITS)
_ReduceBlocks: Any = _blocks("ReduceBlocks", REDUCTIONS)
_ModelBlocks: Any = _blocks("ModelBlocks", NETWORKS, COMPARATORS, ATTENTIONS)
_InferenceBlocks: Any = _blocks("InferenceBlocks", SMOOTHINGS)


class CustomScene(Section):
    """The user's own scene (`scene.custom`)."""

    cube: Path
    cube_key: str | None
    band_axis: Annotated[Whole, Field(ge=0, le=2)] | None
    bands: Bands | None
    nodata: Numbers | None
    truth: Path | None
    truth_key: str | None
    truth_field: str | None
    unlabelled: Annotated[Numbers, Field(min_length=1)]
    class_names: dict[Whole, str] | None


class SceneParams(Section):
    """Which scene to classify (`scene`)."""

    name: Literal[
        "indian_pines",
        "salinas",
        "salinas_a",
        "ksc",
        "pavia_university",
        "pavia_centre",
        "botswana",
        "houston_2013",
        "whu_hi_longkou",
        "whu_hi_hanchuan",
        "whu_hi_honghu",
        "custom",
    ]  # those of hsi.scene.known, which would make every stage depend on addresses of files
    custom: CustomScene


class SplitParams(_SplitBlocks):  # type: ignore[misc]
    """Which pixels train and which test (`split`)."""

    method: Annotated[str, _one_of(SPLITS)]
    seed: Seed
    train: Annotated[Share, AfterValidator(_not_zero)]
    validation: Share


class ReduceParams(_ReduceBlocks):  # type: ignore[misc]
    """How bands are reduced to components (`reduce`)."""

    method: Annotated[str, _one_of(REDUCTIONS)]
    normalise: Annotated[str, _one_of(NORMALISATIONS)]
    components: Count
    fit_on: Literal["scene", "train"]


class PatchesParams(Section):
    """The window around each pixel (`patches`)."""

    window: OddCount


class ModelParams(_ModelBlocks):  # type: ignore[misc]
    """The network or comparator, and its attention (`model`)."""

    name: Annotated[str, _one_of([*NETWORKS, *COMPARATORS])]
    attention: Annotated[str, _one_of(ATTENTIONS)]
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
            attention_places(info.data["name"], value, None)
        return value

    @field_validator("attention_at")
    @classmethod
    def _has_such_places(
        cls,
        value: list[str] | None,
        info: Any,  # noqa: ANN401  likewise
    ) -> list[str] | None:
        if {"name", "attention"} <= info.data.keys():
            attention_places(info.data["name"], info.data["attention"], value)
        return value

    @field_validator("attention_residual")
    @classmethod
    def _adds_once(cls, value: bool, info: Any) -> bool:  # noqa: ANN401  likewise
        refuse_double_residual(info.data.get("attention", "none"), value)
        return value


class SceneRecipe(Section):
    """How to train with one step over the whole scene in each epoch (`train.scene`)."""

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
    precision: Literal["float32", "bfloat16"]
    scene: SceneRecipe
    windows: WindowsRecipe

    @property
    def recipe(self) -> SceneRecipe:
        """The block of the batching in use."""
        return self.scene if self.batching == "scene" else self.windows


class InferenceParams(_InferenceBlocks):  # type: ignore[misc]
    """How to classify with a trained model (`inference`)."""

    turns: bool
    smoothing: Annotated[str, _one_of(SMOOTHINGS)]
    temperature: bool
    self_training: bool
    folds: Folds


class Params(Section):
    """All of params.yaml."""

    renamed: ClassVar[dict[str, str]] = {
        "split.block": "split.blocks.side and split.random_matched.side",
        "reduce.whiten": "reduce.pca.whiten",
        "model.batch_norm": "the network's own block, as in model.hybridsn.batch_norm",
        "model.dropout": "the network's own block, as in model.hybridsn.dropout",
    }

    scene: SceneParams
    split: SplitParams
    reduce: ReduceParams
    patches: PatchesParams
    model: ModelParams
    train: TrainParams
    inference: InferenceParams
    deliver: Literal["train", "all"]

    @model_validator(mode="after")
    def _temperature_has_pixels(self) -> "Params":
        method = self.split.method
        own = self.split.settings_of(method)
        validated = own["validation"] is not None if "validation" in own else self.split.validation
        if self.inference.temperature and not validated:
            key = f"split.{method}.validation" if "validation" in own else "split.validation"
            raise ValueError(
                f"inference.temperature: may be true where {key} sets pixels aside to fit it on "
                "(got True)"
            )
        return self

    @model_validator(mode="after")
    def _map_can_teach(self) -> "Params":
        anchored = (
            self.inference.smoothing == "random_walker"
            and self.inference.random_walker.seeds == "training"
        )
        if self.inference.self_training and not (anchored and self.model.name in COMPARATORS):
            raise ValueError(
                "inference.self_training: may be true with a comparator, inference.smoothing="
                "random_walker and inference.random_walker.seeds=training (got True)"
            )
        return self

    @model_validator(mode="after")
    def _constants_can_be_chosen(self) -> "Params":
        name = self.inference.smoothing
        settings = self.inference.settings_of(name)
        unset = [key for key, value in settings.items() if value is None]
        if settings.get("seeds") == "none":  # null stands for 0 then: see RandomWalker
            unset = [key for key in unset if key != "borders"]
        if unset and self.model.name not in COMPARATORS:
            raise ValueError(
                f"inference.{name}.{unset[0]}: may be null for a comparator, which is fitted again "
                f"in each fold of the cross-validation that chooses it, and a number for "
                f"{self.model.name} (got None)"
            )
        return self


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check the parameters.

    Raises:
        ValueError: With one line per mistake: the key, what it may be, and what it was.
        FileNotFoundError: If the file is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; run from the top of the repository")
    return load(path, Params)
