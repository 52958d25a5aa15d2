"""Classify a file of any size, and write its map while it is classified."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32
from matplotlib.colors import to_rgb

from hsi.classifier import Classifier
from hsi.files import new_cube
from hsi.inference.scene import progress_bar
from hsi.maps.classes import new_class_map
from hsi.maps.geotiff import new_layers
from hsi.pictures.image import write_image
from hsi.scene.matching import with_trained_nodata
from hsi.scene.raster import Raster
from hsi.scene.valid import find_valid

Put = Callable[[slice, slice, np.ndarray], None]


@dataclass(frozen=True)
class Outputs:
    """The files that are to be written.

    Attributes:
        classes: The map: `.tif` (GeoTIFF), `.hdr` (ENVI) or `.npy` (labels).
        confidence: GeoTIFF of the probability of the map's class; None for none.
        probabilities: GeoTIFF with one band a class; None for none.
        picture: PNG of the map, one pixel a pixel; None for none. It is drawn from a GeoTIFF.
    """

    classes: Path
    confidence: Path | None
    probabilities: Path | None
    picture: Path | None

    def __post_init__(self) -> None:
        """Refuse names of files whose ending is that of another format.

        Raises:
            ValueError: Naming the file.
        """
        if self.classes.suffix.lower() not in (".tif", ".tiff", ".hdr", ".npy"):
            raise ValueError(
                f"{self.classes}: a map may end in .tif (GeoTIFF), .hdr (ENVI) or .npy (labels)"
            )
        for path in (self.confidence, self.probabilities):
            if path is not None and path.suffix.lower() not in (".tif", ".tiff"):
                raise ValueError(f"{path}: confidence and probabilities may end in .tif (GeoTIFF)")
        if self.picture is not None and self.picture.suffix.lower() != ".png":
            raise ValueError(f"{self.picture}: the picture may end in .png")
        if self.picture is not None and self.classes.suffix.lower() not in (".tif", ".tiff"):
            raise ValueError(f"{self.picture}: the picture is drawn from a map that ends in .tif")

    @property
    def files(self) -> list[Path]:
        """The files that are named."""
        named = (self.classes, self.confidence, self.probabilities, self.picture)
        return [path for path in named if path is not None]

    def absolute(self) -> "Outputs":
        """Return the same with absolute paths, as another process needs them."""
        paths = {key: path and path.absolute() for key, path in vars(self).items()}
        return replace(self, **paths)

    def refuse_files_of(self, raster: Raster) -> None:
        """Refuse to write over a scene.

        Raises:
            ValueError: Naming the file.
        """
        written = self.files
        if self.classes.suffix.lower() == ".hdr":  # ENVI keeps the classes beside their header
            written.append(self.classes.with_suffix(".img"))
        read = {path.resolve() for path in raster.files}
        for path in written:
            if path.resolve() in read:
                raise ValueError(f"{path} is a file of the scene, and would be overwritten")


class Part(NamedTuple):
    """The answers of a part of a scene, before pixels without data are left out.

    Attributes:
        rows: Rows of the scene.
        columns: Columns of the scene.
        classes: (rows, columns) int32, from 1.
        confidence: (rows, columns) float32 probability of the class; None if no output has it.
        probabilities: (rows, columns, classes) float32; None if no output has them.
    """

    rows: slice
    columns: slice
    classes: np.ndarray
    confidence: np.ndarray | None
    probabilities: np.ndarray | None


def predict_to_files(
    classifier: Classifier,
    raster: Raster,
    outputs: Outputs,
    nodata: tuple[float, ...] | None,
    resample: bool,
    wanted: Bool[np.ndarray, "height width"] | None,
    bars: bool = True,
) -> list[str]:
    """Classify a raster and write its map.

    Args:
        classifier: The classifier.
        raster: The scene.
        outputs: What to write.
        nodata: Values that mean no data; None for those that the file declares, or if it declares
            none, those of the training scene.
        resample: Interpolate to the trained wavelengths where no band is the same.
        wanted: Which pixels get a class; None for all. Others are still seen in windows.
        bars: Whether a terminal shows the progress.

    Returns:
        Remarks for the user.

    Raises:
        ValueError: If the bands do not match, a value can be no measurement, no pixel holds data,
            or the scene has another size than `wanted`.
        OSError: If the disk is full.
    """
    read, nodata, remarks = bands_of(classifier, raster, nodata, resample)
    valid, of_pixels = find_valid(read, nodata, "--nodata", progress="check" if bars else None)
    parts = (part_of(*each) for each in classifier.probabilities(read, valid))
    write_map(classifier, raster, outputs, valid, wanted, parts, bars)
    return remarks + of_pixels


def bands_of(
    classifier: Classifier, raster: Raster, nodata: tuple[float, ...] | None, resample: bool
) -> tuple[Raster, tuple[float, ...] | None, list[str]]:
    """Return the bands that the classifier reads, what means no data in them, and remarks.

    The arguments are those of `predict_to_files`; the second result is that of
    `hsi.scene.matching.with_trained_nodata`.
    """
    raster, nodata = with_trained_nodata(raster, classifier.scene, nodata)
    bands, remarks = classifier.matched(raster, resample, nodata)
    return bands, nodata, remarks


def part_of(
    rows: slice,
    columns: slice,
    probabilities: Float32[np.ndarray, "rows columns classes"],
) -> Part:
    """Return the answers of a part of the scene."""
    classes = (probabilities.argmax(-1) + 1).astype(np.int32)
    return Part(rows, columns, classes, probabilities.max(-1), probabilities)


def write_map(
    classifier: Classifier,
    raster: Raster,
    outputs: Outputs,
    valid: Bool[np.ndarray, "height width"],
    wanted: Bool[np.ndarray, "height width"] | None,
    parts: Iterable[Part],
    bars: bool,
) -> None:
    """Write the map of a scene while its parts are classified.

    Args:
        classifier: The classifier.
        raster: The scene; it is not read.
        outputs: What to write.
        valid: Which pixels hold data; others get no class.
        wanted: Which pixels get a class; None for all with data.
        parts: All parts of the scene, in any order, with what the outputs ask for.
        bars: Whether a terminal shows the progress.

    Raises:
        ValueError: If the scene has another size than `wanted`.
        OSError: If the disk is full.
    """
    shown = valid if wanted is None else valid & wanted
    names = classifier.scene.class_names
    nothing = np.float32(np.nan)
    with ExitStack() as files:
        put_classes = files.enter_context(_new_map(classifier, raster, outputs.classes))
        put_confidence, put_each = (
            files.enter_context(new_layers(path, raster.grid, layers)) if path else None
            for path, layers in (
                (outputs.confidence, ("confidence",)),
                (outputs.probabilities, names),
            )
        )
        bar = files.enter_context(progress_bar("predict", valid.size)) if bars else None
        for rows, columns, classes, confidence, probabilities in parts:
            here = shown[rows, columns]
            put_classes(rows, columns, np.where(here, classes, np.int32(0)))
            if put_confidence and confidence is not None:
                put_confidence(rows, columns, np.where(here, confidence, nothing)[None])
            if put_each and probabilities is not None:
                known = np.where(here[..., None], probabilities, nothing)
                put_each(rows, columns, known.transpose(2, 0, 1))
            if bar is not None:
                bar.update(here.size)
    if outputs.picture:
        write_image(outputs.picture, outputs.classes)


@contextmanager
def _new_map(classifier: Classifier, raster: Raster, path: Path) -> Iterator[Put]:
    info = classifier.scene
    if path.suffix.lower() == ".npy":
        none = info.to_labels(np.zeros((1, 1), np.int32))
        height, width, _ = raster.shape
        with new_cube(path, (height, width), none.dtype) as put:
            yield lambda rows, columns, classes: put(rows, columns, info.to_labels(classes))
        return
    colours = np.array([to_rgb(each) for each in classifier.colours])
    with new_class_map(path, raster.grid, info.labels, info.class_names, colours) as put:
        yield put
