"""Classify every pixel of a scene, and compute the answers that are scored."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64
from tqdm import tqdm

from hsi.cube.padded import EVERYONE, PaddedCube, hidden_from
from hsi.cube.pixels import SIDES, TRAIN, VALIDATION, Pixels
from hsi.inference.prediction import Prediction
from hsi.inference.projected import ProjectedScene
from hsi.inference.smoothing import (
    Smoothing,
    Tiles,
    as_config,
    image_of,
    known_labels,
    smooth_tiles,
    smoothing_of,
)
from hsi.inference.tiles import classify, classify_scene
from hsi.model import Model
from hsi.scores.calibration import entropy, fit_temperature, scaled


@dataclass(frozen=True)
class Answering:
    """How a trained model answers on a scene.

    Attributes:
        turns: Average over the four quarter turns.
        smoothing: What is done to the probabilities over the scene.
        temperature: Temperature of the probabilities after that.
    """

    turns: bool
    smoothing: Smoothing
    temperature: float

    def to_dict(self) -> dict[str, Any]:
        """Return the content of a file that `from_dict` reads."""
        return {
            "turns": self.turns,
            "smoothing": as_config(self.smoothing),
            "temperature": self.temperature,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Answering":
        """Restore what `to_dict` returned."""
        smoothing = smoothing_of(**content["smoothing"])
        return cls(content["turns"], smoothing, content["temperature"])


@dataclass(frozen=True)
class Inference:
    """All that is computed with a model once it is trained.

    Attributes:
        prediction: Of every pixel, with nothing hidden.
        probability: Class probabilities of the labelled pixels, of which scores are computed: with
            the pixels of other sides hidden from each, unless training labels anchor the smoothing.
        temperature: Temperature of all probabilities, 1 if none was fitted.
    """

    prediction: Prediction
    probability: Float32[np.ndarray, "pixels classes"]
    temperature: float


def infer(
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    how: Answering,
    fit_to_validation: bool,
) -> Inference:
    """Classify a scene, and compute the answers on its labelled pixels.

    If every side of the split sees every pixel, the answers are those of the scene and the model
    runs over the scene once. If sides are hidden from each other, the model also runs once for each
    side. If training labels anchor the smoothing, the scores are transductive and nothing is
    hidden.

    Args:
        model: The trained model.
        cube: The padded cube.
        valid: Which pixels of the scene hold data.
        pixels: The labelled pixels and their sides.
        how: How the model answers.
        fit_to_validation: Fit the temperature to validation pixels, rather than take that of `how`.
    """
    hidden = bool((cube.owner != EVERYONE).any()) and not how.smoothing.anchored
    anchors = pixels.on(TRAIN) if how.smoothing.anchored else pixels.some(np.arange(0))
    known = known_labels(anchors, cube.size)
    probability = as_own_side_sees(model, cube, valid, pixels, how) if hidden else None
    temperature = how.temperature
    if fit_to_validation:
        held = pixels.on(VALIDATION)
        if probability is not None:
            found = probability[pixels.sides == VALIDATION]
        elif how.smoothing.reach == 0:
            found = as_own_side_sees(model, cube, valid, held, how)
        else:  # smoothed answers need the whole scene, so the model runs over it once more
            _, found = predict_scene(model, cube, valid, known, held, how)
        temperature = fit_temperature(found, held.targets)
    prediction, found = predict_scene(
        model, cube, valid, known, pixels, replace(how, temperature=temperature)
    )
    if probability is None:
        probability = found
    return Inference(prediction, scaled(probability, temperature), temperature)


def answers_of_scene(
    model: Model,
    cube: PaddedCube | ProjectedScene,
    inside: Bool[np.ndarray, "height width"],
    known: Int32[np.ndarray, "height width"],
    side: int | None,
    how: Answering,
) -> Tiles:
    """Yield rows, columns and class probabilities at temperature 1, a part of a scene at a time.

    Args:
        model: The trained model.
        cube: The padded cube, or a scene that is projected tile by tile.
        inside: Which pixels take part in the smoothing.
        known: Class, from 1, of the pixels whose label anchors the smoothing; 0 for all others.
        side: Mask the pixels of other sides of the split; None to mask nothing.
        how: How the model answers.
    """
    tiles = classify_scene(model, cube, side, how.turns)
    return smooth_tiles(tiles, image_of(cube), inside, known, how.smoothing)


def predict_scene(
    model: Model,
    cube: PaddedCube | ProjectedScene,
    valid: Bool[np.ndarray, "height width"],
    known: Int32[np.ndarray, "height width"],
    pixels: Pixels | None,
    how: Answering,
) -> tuple[Prediction, Float32[np.ndarray, "pixels classes"]]:
    """Classify every pixel with nothing hidden.

    Args:
        model: The trained model.
        cube: The padded cube, or a scene that is projected tile by tile.
        valid: Which pixels hold data.
        known: As in `answers_of_scene`.
        pixels: Pixels whose probabilities are returned too, at temperature 1.
        how: How the model answers.
    """
    classes = np.empty(cube.size, np.int32)
    confidence, doubt = (np.empty(cube.size, np.float32) for _ in range(2))
    number = np.full(cube.size, -1, np.int32)  # of each pixel whose probabilities are kept
    if pixels is not None:
        number[pixels.rows, pixels.columns] = np.arange(len(pixels))
    kept = []
    with progress_bar("predict", classes.size) as bar:
        for rows, columns, probability in answers_of_scene(model, cube, valid, known, None, how):
            wanted = number[rows, columns] >= 0
            kept.append((number[rows, columns][wanted], probability[wanted]))
            answers = scaled(probability, how.temperature)
            classes[rows, columns] = answers.argmax(-1) + 1
            confidence[rows, columns] = answers.max(-1)
            doubt[rows, columns] = entropy(answers)
            bar.update(wanted.size)
    return Prediction(classes, confidence, doubt).only(valid), _in_order(kept)


def as_own_side_sees(
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    pixels: Pixels,
    how: Answering,
) -> Float32[np.ndarray, "pixels classes"]:
    """Return the probabilities of pixels, with the pixels of other sides hidden from each.

    They are at temperature 1. Without a smoothing the model runs on the labelled pixels alone.
    """
    parts = []
    with progress_bar("score", len(pixels)) as bar:
        for side in SIDES.values():
            numbers = np.flatnonzero(pixels.sides == side)
            own = pixels.on(side)
            if not len(own):
                continue
            for which, probability in _of_side(model, cube, valid, own, side, how):
                parts.append((numbers[which], probability))
                bar.update(len(which))
    return _in_order(parts)


def _of_side(
    model: Model,
    cube: PaddedCube,
    valid: Bool[np.ndarray, "height width"],
    own: Pixels,
    side: int,
    how: Answering,
) -> Iterator[tuple[Int64[np.ndarray, " some"], Float32[np.ndarray, "some classes"]]]:
    """Yield numbers and probabilities of the pixels of one side."""
    if how.smoothing.reach == 0:
        yield from classify(model, cube, side, own.rows, own.columns, how.turns)
        return
    inside = valid & ~hidden_from(side, cube.scene_owner)
    nothing = np.zeros(cube.size, np.int32)
    for rows, columns, probability in answers_of_scene(model, cube, inside, nothing, side, how):
        here = (rows.start <= own.rows) & (own.rows < rows.stop)
        here &= (columns.start <= own.columns) & (own.columns < columns.stop)
        which = np.flatnonzero(here)
        yield which, probability[own.rows[which] - rows.start, own.columns[which] - columns.start]


def _in_order(
    parts: list[tuple[np.ndarray, np.ndarray]],
) -> Float32[np.ndarray, "pixels classes"]:
    """Join probabilities of pixels, given with their numbers, in the order of the numbers."""
    order = np.concatenate([which for which, _ in parts]).argsort()
    return np.concatenate([probability for _, probability in parts])[order]


def progress_bar(what: str, pixels: int) -> "tqdm[NoReturn]":
    """Return a progress bar that counts pixels, quiet where there is no terminal."""
    return tqdm(total=pixels, desc=what, unit="pixel", unit_scale=True, disable=None)
