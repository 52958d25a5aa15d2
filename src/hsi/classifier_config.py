"""What the `config.json` of a classifier may hold, checked before anything is built from it."""

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from hsi.choices import ATTENTIONS, COMPARATORS, NETWORKS, NORMALISATIONS, SMOOTHINGS, Choice
from hsi.scene.info import SceneInfo
from hsi.scene.names import refuse_names
from hsi.scene.reading import plain
from hsi.scene.spectrum import in_nanometres
from hsi.sections import Section

MOST = 65_536  # components, classes
WIDEST = 999  # pixels of a window

Score = Annotated[float, Field(allow_inf_nan=False)] | None
Real = Annotated[float, Field(allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Scores(_Strict):
    oa: Score
    aa: Score
    kappa: Score


class _Evidence(_Strict):
    regime: Text
    trained_on: Literal["train", "all"]
    delivered_pixels: Whole
    scores: _Scores
    floor: _Scores
    leak: Real
    split: Text
    split_seed: Whole
    train_pixels: Whole
    test_pixels: Whole
    model_md5: Text
    cube_md5: Text
    commit: Text | None


class _Shape(_Strict):
    components: Annotated[int, Field(ge=1, le=MOST)]
    window: Annotated[int, Field(ge=1, le=WIDEST)]
    classes: Annotated[int, Field(ge=1, le=MOST)]


class _Attention(_Strict):
    name: Text
    settings: dict[str, Any]
    at: list[Text] | None
    residual: bool


class _Model(_Strict):
    name: Text
    settings: dict[str, Any]
    shape: _Shape
    attention: _Attention


class _Smoothing(_Strict):
    name: Text
    settings: dict[str, Any]


class _Config(_Strict):
    hsi_version: Text
    model: _Model
    parameters: Whole
    bands: Annotated[int, Field(ge=1, le=MOST)]
    normalise: Text
    scene: SceneInfo
    colours: list[Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]]
    turns: bool
    smoothing: _Smoothing
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    evidence: _Evidence


def refuse_config(config: dict[str, Any]) -> None:
    """Refuse a content of `config.json` that contradicts itself or the tables of choices.

    Raises:
        ValueError: In one line, with the key, what it may be, and what it was.
    """
    try:
        found = _Config.model_validate(config)
        model, scene = found.model, found.scene
        refuse_settings("model", model.name, model.settings, NETWORKS | COMPARATORS)
        refuse_settings("attention", model.attention.name, model.attention.settings, ATTENTIONS)
        _refuse_smoothing(found.smoothing.name, found.smoothing.settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(each) for each in first["loc"])
        got = plain(repr(first["input"]), 80)
        raise ValueError(f"{plain(key, 80)}: {first['msg']} (got {got})") from error
    if found.normalise not in NORMALISATIONS:
        raise ValueError(f"normalise: may be {', '.join(NORMALISATIONS)}")
    classes = model.shape.classes
    refuse_names(dict(enumerate(scene.class_names, start=1)), "scene.class_names")
    counts = {
        "scene.labels": (len(scene.labels), classes),
        "scene.class_names": (len(scene.class_names), classes),
        "colours": (len(found.colours), classes + 1),
    }
    for key, known in (("wavelengths", scene.wavelengths), ("bands", scene.bands)):
        if known is not None:
            counts[f"scene.{key}"] = (len(known), found.bands)
    for key, (has, should) in counts.items():
        if has != should:
            raise ValueError(f"{key}: may have {should} entries (got {has})")
    if scene.wavelengths and in_nanometres(scene.wavelengths, "nanometers") is None:
        raise ValueError("scene.wavelengths: may be numbers above 0, not all of them the same")


def _refuse_smoothing(name: str, settings: dict[str, Any]) -> None:
    """Refuse a smoothing of other settings; beside them it keeps numbers that it has measured."""
    choice = SMOOTHINGS.get(name)
    own = choice.settings.keys() if choice else ()
    measured = {key: value for key, value in settings.items() if key not in own}
    refuse_settings("smoothing", name, {k: settings[k] for k in settings if k in own}, SMOOTHINGS)
    for key, value in measured.items():
        if value is not None and not (type(value) in (int, float) and math.isfinite(value)):
            got = plain(repr(value), 80)
            raise ValueError(f"smoothing.{plain(key, 80)}: may be a number (got {got})")


def refuse_settings(what: str, name: str, settings: dict[str, Any], table: dict[str, Any]) -> None:
    """Refuse a choice that is in no table, or whose settings params.yaml would refuse.

    Raises:
        ValueError: If the choice is unknown, or a setting.
    """
    if name not in table:
        raise ValueError(f"{what}: {plain(repr(name), 80)} may be {', '.join(table)}")
    choice: Choice = table[name]
    create_model(name, __base__=Section, **choice.settings).model_validate(settings)
