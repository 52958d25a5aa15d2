"""Classify every pixel of a scene, and compute the answers that are scored."""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from jaxtyping import Float32
from tqdm import tqdm

from hsi.cube.padded import EVERYONE, PaddedCube
from hsi.cube.pixels import SIDES, VALIDATION, Pixels
from hsi.inference.prediction import Prediction
from hsi.inference.projected import ProjectedScene
from hsi.inference.tiles import classify, classify_scene
from hsi.model import Model
from hsi.scores.calibration import entropy, fit_temperature, scaled


@dataclass(frozen=True)
class Inference:
    """All that is computed with a model once it is trained.

    Attributes:
        prediction: Of every pixel, with nothing hidden.
        probability: Class probabilities of the labelled pixels, with the pixels of other sides
            hidden from each: these are scored.
        temperature: Temperature of all probabilities, 1 if none was fitted.
    """

    prediction: Prediction
    probability: Float32[np.ndarray, "pixels classes"]
    temperature: float


def infer(
    model: Model, cube: PaddedCube, pixels: Pixels, turns: bool, fit_to_validation: bool
) -> Inference:
    """Classify a scene, and compute the answers on its labelled pixels.

    If every side of the split sees every pixel, the answers are those of the scene and the model
    runs over the scene once. If sides are hidden from each other, the model also runs once for each
    side.

    Args:
        model: The trained model.
        cube: The padded cube.
        pixels: The labelled pixels and their sides.
        turns: Average over the eight symmetries of the square.
        fit_to_validation: Fit the temperature to validation pixels.
    """
    hidden = bool((cube.owner != EVERYONE).any())
    probability = as_own_side_sees(model, cube, pixels, turns) if hidden else None
    temperature = 1.0
    if fit_to_validation:
        held = pixels.on(VALIDATION)
        known = (
            as_own_side_sees(model, cube, held, turns)
            if probability is None
            else probability[pixels.sides == VALIDATION]
        )
        temperature = fit_temperature(known, held.targets)
    prediction, found = predict_scene(model, cube, pixels, turns, temperature)
    if probability is None:
        probability = found
    return Inference(prediction, scaled(probability, temperature), temperature)


def predict_scene(
    model: Model,
    cube: PaddedCube | ProjectedScene,
    pixels: Pixels | None,
    turns: bool,
    temperature: float,
) -> tuple[Prediction, Float32[np.ndarray, "pixels classes"]]:
    """Classify every pixel with nothing hidden.

    Args:
        model: The trained model.
        cube: The padded cube, or a scene that is projected tile by tile.
        pixels: Pixels whose probabilities are returned too, at temperature 1.
        turns: Average over the eight symmetries of the square.
        temperature: Temperature of the probabilities.
    """
    classes = np.empty(cube.size, np.int32)
    confidence, doubt = (np.empty(cube.size, np.float32) for _ in range(2))
    number = np.full(cube.size, -1, np.int32)  # of each pixel whose probabilities are kept
    if pixels is not None:
        number[pixels.rows, pixels.columns] = np.arange(len(pixels))
    kept = []
    with progress_bar("predict", classes.size) as bar:
        for rows, columns, probability in classify_scene(model, cube, None, turns):
            wanted = number[rows, columns] >= 0
            kept.append((number[rows, columns][wanted], probability[wanted]))
            answers = scaled(probability, temperature)
            classes[rows, columns] = answers.argmax(-1) + 1
            confidence[rows, columns] = answers.max(-1)
            doubt[rows, columns] = entropy(answers)
            bar.update(wanted.size)
    order = np.concatenate([which for which, _ in kept]).argsort()
    found = np.concatenate([probability for _, probability in kept])[order]
    return Prediction(classes, confidence, doubt), found


def as_own_side_sees(
    model: Model, cube: PaddedCube, pixels: Pixels, turns: bool
) -> Float32[np.ndarray, "pixels classes"]:
    """Return the probabilities of pixels, with the pixels of other sides hidden from each."""
    parts = []
    with progress_bar("score", len(pixels)) as bar:
        for side in SIDES.values():
            numbers = np.flatnonzero(pixels.sides == side)
            own = pixels.on(side)
            for which, probability in classify(model, cube, side, own.rows, own.columns, turns):
                parts.append((numbers[which], probability))
                bar.update(len(which))
    order = np.concatenate([which for which, _ in parts]).argsort()
    return np.concatenate([probability for _, probability in parts])[order]


def progress_bar(what: str, pixels: int) -> "tqdm[NoReturn]":
    """Return a progress bar that counts pixels, quiet where there is no terminal."""
    return tqdm(total=pixels, desc=what, unit="pixel", unit_scale=True, disable=None)
