"""A scene in the one form that every stage reads: arrays, and what is known about them."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int32, Integer, Num, Real
from pydantic import TypeAdapter

from hsi.files import read_array, read_json, write_array, write_json
from hsi.scene.grid import Grid, Transform


@dataclass(frozen=True)
class SceneInfo:
    """What is known about a scene beside its arrays (`scene.json`).

    Attributes:
        name: One of `hsi.scene.known.KNOWN`, or `custom`.
        labels: The label of each class in the user's own file, class 1 first.
        unlabelled: The labels of pixels without a class in that file; maps are given the first.
        nodata: The values that mean no data in the cube; None if they are to be detected.
        class_names: Name of each class, class 1 first.
        sensor: Instrument, ground sample distance and date; empty if unknown.
        wavelengths: (bands,) band centres in nanometres; None if unknown.
        false_colour: Three bands, from 0, to show as red, green and blue.
        citation: Whom to cite; empty if unknown.
        licence: Terms of use; empty if unknown.
        bands: The bands of the file, from 0, that the cube holds; None if it holds all.
        file_bands: How many bands the file has; None if the cube holds all.
        scale: Physical values are digital numbers times `scale`, plus `offset`.
        offset: See `scale`.
        crs: Coordinate reference system as WKT; None if unknown.
        transform: See `hsi.scene.grid.Grid`; None if the scene is not georeferenced.
    """

    name: str
    labels: tuple[int, ...]
    unlabelled: tuple[int | float, ...]
    nodata: tuple[int | float, ...] | None
    class_names: tuple[str, ...]
    sensor: str
    wavelengths: tuple[float, ...] | None
    false_colour: tuple[int, int, int]
    citation: str
    licence: str
    bands: tuple[int, ...] | None = None
    file_bands: int | None = None
    scale: float = 1.0
    offset: float = 0.0
    crs: str | None = None
    transform: Transform | None = None

    def grid(self, height: int, width: int) -> Grid:
        """Return where the pixels of the scene lie; the arrays know how many there are."""
        return Grid(height, width, self.crs, self.transform)

    @classmethod
    def load(cls, folder: Path) -> "SceneInfo":
        """Read `scene.json` of a folder that `Scene.save` has filled.

        Raises:
            FileNotFoundError: If it is not there.
            ValueError: If it is broken.
        """
        path = folder / "scene.json"
        content = read_json(path)
        try:
            TypeAdapter(cls).validate_python(content)
            return cls.from_dict(content)
        except (TypeError, ValueError) as error:  # pydantic's errors are of the latter kind
            reason = " ".join(str(error).split())[:200]
            raise ValueError(
                f"{path} is broken ({reason}); delete it and run `dvc repro`"
            ) from error

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "SceneInfo":
        """Restore from `dataclasses.asdict`, after JSON has turned tuples into lists."""
        lists = {key: tuple(value) for key, value in content.items() if isinstance(value, list)}
        return cls(**(content | lists))

    def to_classes(
        self, labels: Real[np.ndarray, "height width"]
    ) -> Int32[np.ndarray, "height width"]:
        """Return the classes of the user's labels: 0 is unlabelled, classes count from 1."""
        values, places = np.unique(labels, return_inverse=True)
        number = {label: k for k, label in enumerate(self.labels, start=1)}
        # Python's numbers are exact, where NumPy compares 64-bit integers as floats.
        classes = np.array([number.get(value, 0) for value in values.tolist()], np.int32)
        return classes[places].reshape(labels.shape)

    def to_labels(
        self, classes: Integer[np.ndarray, "height width"]
    ) -> Real[np.ndarray, "height width"]:
        """Return the labels of the user's file for classes, of which 0 is unlabelled.

        Labels are int32 where all fit, else int64 or uint64; or float64, if the label of unlabelled
        pixels is no integer of 64 bits.
        """
        labels = [self.unlabelled[0], *self.labels]
        for dtype in (np.int32, np.int64, np.uint64):
            limits = np.iinfo(dtype)
            if all(each == int(each) and limits.min <= each <= limits.max for each in labels):
                return np.array(labels, dtype)[classes]
        return np.array(labels, np.float64)[classes]


@dataclass(frozen=True)
class Scene:
    """What belongs to a cube; the cube itself is in a file of its own (`hsi.scene.convert`).

    Attributes:
        valid: (height, width) whether a pixel holds a measurement in every band.
        truth: (height, width) class of each pixel; 0 is unlabelled, classes count from 1. Pixels
            without data are unlabelled.
        regions: (height, width) number, from 1, of the polygon that each labelled pixel lies in; of
            a truth without polygons, of the connected region of its class. 0 is unlabelled.
        info: What is known about the scene.
        bands: How many bands the file has, and how many of them are left out for what reason.
    """

    valid: Bool[np.ndarray, "height width"]
    truth: Int32[np.ndarray, "height width"]
    regions: Int32[np.ndarray, "height width"]
    info: SceneInfo
    bands: dict[str, int]

    def save(self, folder: Path) -> None:
        """Write an array for each attribute, and `scene.json`."""
        write_array(folder / "valid.npy", self.valid)
        write_array(folder / "truth.npy", self.truth)
        write_array(folder / "regions.npy", self.regions)
        write_json(folder / "scene.json", asdict(self.info))

    def report(self) -> dict[str, Any]:
        """Return what `metrics/fetch.json` says of the scene."""
        height, width = self.truth.shape
        return {
            "height": height,
            "width": width,
            "bands": self.bands,
            "pixels_without_data": int((~self.valid).sum()),
            "labelled_pixels": int((self.truth > 0).sum()),
            "classes": len(self.info.class_names),
            "regions": int(self.regions.max(initial=0)),
        }


def load_cube(folder: Path) -> Num[np.ndarray, "height width bands"]:
    """Open the cube of a folder that `fetch` has filled; only what is indexed is read."""
    return read_array(folder / "cube.npy", in_memory=False)


def load_valid(folder: Path) -> Bool[np.ndarray, "height width"]:
    """Read which pixels hold data, from a folder that `Scene.save` has filled."""
    return read_array(folder / "valid.npy")


def load_truth(folder: Path) -> Int32[np.ndarray, "height width"]:
    """Read the truth of a folder that `Scene.save` has filled."""
    return read_array(folder / "truth.npy")


def load_regions(folder: Path) -> Int32[np.ndarray, "height width"]:
    """Read the polygons or regions of a folder that `Scene.save` has filled."""
    return read_array(folder / "regions.npy")
