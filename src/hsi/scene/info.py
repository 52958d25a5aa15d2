"""A scene in the one form that every stage reads: two arrays and what is known about them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32, Integer, Num, Real

from hsi.files import read_array, write_array, write_json


@dataclass(frozen=True)
class SceneInfo:
    """What is known about a scene beside its two arrays (`scene.json`).

    Attributes:
        name: One of `hsi.scene.known.KNOWN`, or `custom`.
        labels: The label of each class in the user's own file, class 1 first.
        unlabelled: The label of pixels without a class in that file.
        class_names: Name of each class, class 1 first.
        sensor: Instrument, ground sample distance and date; empty if unknown.
        wavelengths: (bands,) band centres in nanometres; None if unknown.
        false_colour: Three bands, from 0, to show as red, green and blue.
        citation: Whom to cite; empty if unknown.
        licence: Terms of use; empty if unknown.
    """

    name: str
    labels: tuple[int, ...]
    unlabelled: int
    class_names: tuple[str, ...]
    sensor: str
    wavelengths: tuple[float, ...] | None
    false_colour: tuple[int, int, int]
    citation: str
    licence: str

    @classmethod
    def load(cls, folder: Path) -> "SceneInfo":
        """Read `scene.json` of a folder that `Scene.save` has filled."""
        return cls.from_dict(json.loads((folder / "scene.json").read_text()))

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "SceneInfo":
        """Restore from `dataclasses.asdict`, after JSON has turned tuples into lists."""
        lists = {key: tuple(value) for key, value in content.items() if isinstance(value, list)}
        return cls(**(content | lists))

    def to_classes(
        self, labels: Real[np.ndarray, "height width"]
    ) -> Int32[np.ndarray, "height width"]:
        """Return the classes of the user's labels: 0 is unlabelled, classes count from 1."""
        classes = np.zeros(labels.shape, np.int32)
        for number, label in enumerate(self.labels, start=1):
            classes[labels == label] = number
        return classes

    def to_labels(
        self, classes: Integer[np.ndarray, "height width"]
    ) -> Int32[np.ndarray, "height width"]:
        """Return the labels of the user's file for classes, of which 0 is unlabelled."""
        return np.array([self.unlabelled, *self.labels], np.int32)[classes]


@dataclass(frozen=True)
class Scene:
    """One hyperspectral image and its ground truth.

    Attributes:
        cube: (height, width, bands) values as distributed, in digital numbers, not rescaled.
        truth: (height, width) class of each pixel; 0 is unlabelled, classes count from 1.
        info: What is known about both.
    """

    cube: Num[np.ndarray, "height width bands"]
    truth: Int32[np.ndarray, "height width"]
    info: SceneInfo

    def save(self, folder: Path) -> None:
        """Write `cube.npy`, `truth.npy` and `scene.json`, the cube some rows at a time."""
        write_array(folder / "cube.npy", self.cube, progress="fetch")
        write_array(folder / "truth.npy", self.truth)
        write_json(folder / "scene.json", asdict(self.info))


def load_cube(folder: Path) -> Num[np.ndarray, "height width bands"]:
    """Open the cube of a folder that `Scene.save` has filled; only what is indexed is read."""
    return read_array(folder / "cube.npy", in_memory=False)


def load_truth(folder: Path) -> Int32[np.ndarray, "height width"]:
    """Read the truth of a folder that `Scene.save` has filled."""
    return read_array(folder / "truth.npy")
