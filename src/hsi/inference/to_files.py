"""Classify a file of any size, and write its map while it is classified."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool
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


def predict_to_files(
    classifier: Classifier,
    raster: Raster,
    outputs: Outputs,
    nodata: tuple[float, ...] | None,
    resample: bool,
    wanted: Bool[np.ndarray, "height width"] | None,
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

    Returns:
        Remarks for the user.

    Raises:
        ValueError: If the bands do not match, a value can be no measurement, no pixel holds data,
            or the scene has another size than `wanted`.
        OSError: If the disk is full.
    """
    raster, nodata = with_trained_nodata(raster, classifier.scene, nodata)
    bands, remarks = classifier.matched(raster, resample, nodata)
    valid, of_pixels = find_valid(bands, nodata, "--nodata", progress="check")
    shown = valid if wanted is None else valid & wanted
    names = classifier.scene.class_names
    with ExitStack() as files:
        put_classes = files.enter_context(_new_map(classifier, raster, outputs.classes))
        put_confidence, put_each = (
            files.enter_context(new_layers(path, raster.grid, layers)) if path else None
            for path, layers in (
                (outputs.confidence, ("confidence",)),
                (outputs.probabilities, names),
            )
        )
        bar = files.enter_context(progress_bar("predict", valid.size))
        for rows, columns, found in classifier.probabilities(bands, valid):
            here = shown[rows, columns]
            put_classes(rows, columns, np.where(here, found.argmax(-1) + 1, 0).astype(np.int32))
            known = np.where(here[..., None], found, np.float32(np.nan))
            if put_confidence:
                put_confidence(rows, columns, known.max(-1)[None])
            if put_each:
                put_each(rows, columns, known.transpose(2, 0, 1))
            bar.update(here.size)
    if outputs.picture:
        write_image(outputs.picture, outputs.classes)
    return remarks + of_pixels


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
