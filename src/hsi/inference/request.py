"""A scene that is to be mapped, as a command names it: open it, classify it, and write its map."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from hsi.classifier import Classifier
from hsi.inference.to_files import Outputs, predict_to_files
from hsi.scene.arrays import Source
from hsi.scene.gdal import on_network, shown
from hsi.scene.labels.read import read_labels
from hsi.scene.labels.source import LabelSource
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster


@dataclass(frozen=True)
class Request:
    """What to map.

    Attributes:
        source: The scene.
        band_axis: As in `hsi.scene.open.open_raster`.
        nodata: As in `hsi.inference.to_files.predict_to_files`.
        resample: Likewise.
        mask: Raster or polygons: only pixels where it is not 0 get a class; None for all.
    """

    source: Source
    band_axis: int | None
    nodata: tuple[float, ...] | None
    resample: bool
    mask: Path | None

    @property
    def name(self) -> str:
        """What errors call the scene."""
        return shown(self.source.path)

    def absolute(self) -> "Request":
        """Return the same with absolute paths, as another process needs them."""
        path, mask = self.source.path, self.mask
        source = self.source if on_network(path) else replace(self.source, path=path.absolute())
        return replace(self, source=source, mask=mask and mask.absolute())


def opened(request: Request, classifier: Classifier) -> Raster:
    """Open a scene; how many bands the classifier reads may tell the axis of bands.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read.
    """
    counts = (len(classifier.projection.mean), classifier.scene.file_bands)
    bands = tuple(count for count in counts if count)
    return open_raster(request.source, request.band_axis, None, bands, "--band-axis")


def wanted_in(
    raster: Raster, request: Request
) -> tuple[Bool[np.ndarray, "height width"] | None, list[str]]:
    """Return which pixels get a class, None for all, and remarks for the user."""
    if request.mask is None:
        return None, []
    mask = LabelSource(request.mask, None, None, "--mask")
    labels, remarks = read_labels(mask, raster.grid, (0,))
    return labels.labelled, remarks


@contextmanager
def named_in_errors(request: Request) -> Iterator[None]:
    """Name the scene in errors, also where it does not fit into memory."""
    try:
        yield
    except ValueError as error:
        said = str(error)
        raise ValueError(said if request.name in said else f"{request.name}: {said}") from error
    except MemoryError as error:
        raise ValueError(f"{request.name}: not enough memory: {error}".rstrip(": ")) from error


def map_scene(classifier: Classifier, request: Request, outputs: Outputs, bars: bool) -> list[str]:
    """Classify a scene and write its map; return remarks for the user.

    Args:
        classifier: The classifier.
        request: The scene.
        outputs: What to write.
        bars: Whether a terminal shows the progress.

    Raises:
        FileNotFoundError: If there is no such scene.
        ValueError: Naming the scene, if it cannot be mapped or would be overwritten.
        OSError: If the disk is full.
    """
    with named_in_errors(request):
        raster = opened(request, classifier)
        outputs.refuse_files_of(raster)
        wanted, of_mask = wanted_in(raster, request)
        return of_mask + predict_to_files(
            classifier, raster, outputs, request.nodata, request.resample, wanted, bars
        )
