"""What one worker of a cluster does for a map: look at windows, classify strips, smooth them.

Nothing here knows of Dask but for the name of the worker in errors. A worker reads the classifier
and the scene by their paths, once, and keeps them while it lives.
"""

import hashlib
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32

import hsi
from hsi.classifier import Classifier, load
from hsi.files import md5
from hsi.inference.projected import ProjectedScene
from hsi.inference.smoothing import full_width, image_of
from hsi.inference.tiles import classify_scene
from hsi.inference.to_files import Part, bands_of, part_of
from hsi.machine import device
from hsi.scene.arrays import Source
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster
from hsi.scene.valid import Seen, look
from hsi.scores.calibration import scaled


@dataclass(frozen=True)
class Job:
    """The map that is wanted: what a worker opens, and what it compares with the client's.

    Attributes:
        classifier: Folder of the classifier, as every worker finds it.
        config_md5: Digest of its `config.json`, which names the weights by theirs.
        source: The scene, as every worker finds it.
        band_axis: As in `hsi.scene.open.open_raster`.
        bands: Likewise.
        shape: Height, width and number of bands of the file.
        nodata: As in `hsi.inference.to_files.predict_to_files`.
        resample: Likewise.
        confidence: Whether an output holds the confidence.
        probabilities: Whether an output holds all probabilities.
        software: What `software` returns at the client.
    """

    classifier: Path
    config_md5: str
    source: Source
    band_axis: int | None
    bands: tuple[int, ...]
    shape: tuple[int, int, int]
    nodata: tuple[float, ...] | None
    resample: bool
    confidence: bool
    probabilities: bool
    software: str


class Mask(NamedTuple):
    """Which pixels of some rows of a scene hold data, in one bit each.

    Attributes:
        rows: The rows.
        bits: What `numpy.packbits` makes of them.
    """

    rows: slice
    bits: np.ndarray

    @classmethod
    def of(cls, valid: Bool[np.ndarray, "height width"], rows: slice, border: int = 0) -> "Mask":
        """Take some rows, and as many above and below them as `border` says."""
        rows = slice(max(0, rows.start - border), min(len(valid), rows.stop + border))
        return cls(rows, np.packbits(valid[rows]))

    def in_scene(self, height: int, width: int) -> Bool[np.ndarray, "height width"]:
        """Return the mask of a whole scene; other rows are False, and take no memory."""
        valid = np.zeros((height, width), bool)
        shape = (self.rows.stop - self.rows.start, width)
        valid[self.rows] = np.unpackbits(self.bits, count=shape[0] * width).reshape(shape)
        return valid


class Opened(NamedTuple):
    """What a worker keeps of a job: the classifier, the bands that it reads, and their no-data."""

    classifier: Classifier
    bands: Raster
    nodata: tuple[float, ...] | None


@cache
def software() -> str:
    """Return the versions that decide what a classifier answers, with a digest of this library."""
    folder = Path(hsi.__file__).parent
    code = hashlib.md5()
    for file in sorted(folder.rglob("*.py")):
        code.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    return (
        f"hsi {hsi.__version__} (code {code.hexdigest()[:8]}), Python {python}, "
        f"torch {torch.__version__.split('+')[0]}, NumPy {np.__version__}"
    )


def seen_in(job: Job, rows: slice, columns: slice) -> Seen:
    """Look at a window of the scene: see `hsi.scene.valid.look`."""
    with _named_in_errors():
        opened = _opened(job)
        return look(opened.bands, rows, columns, opened.nodata)


def classify_strip(job: Job, strip: slice, mask: Mask) -> Float32[np.ndarray, "rows width classes"]:
    """Return the class probabilities of a strip of tiles at temperature 1, before any smoothing.

    Args:
        job: The map.
        strip: One of `hsi.inference.tiles.strips`.
        mask: Of these rows, and of those that windows reach.
    """
    with _named_in_errors():
        classifier, bands, _ = _opened(job)
        height, width, _ = bands.shape
        scene = ProjectedScene(bands, classifier.projection, mask.in_scene(height, width))
        tiles = classify_scene(classifier.model, scene, None, classifier.how.turns, strip)
        [(_, probability)] = full_width(tiles, width)
        return probability


def answer_strip(job: Job, strip: slice, mask: Mask) -> Part:
    """Return the answers of a strip of tiles of a classifier that does not smooth."""
    probability = classify_strip(job, strip, mask)
    with _named_in_errors():
        return _part(job, strip, probability)


def smooth_strip(
    job: Job,
    own: slice,
    mask: Mask,
    first: int,
    *strips: Float32[np.ndarray, "_ width classes"],
) -> Part:
    """Return the answers of some rows of a classifier that smooths.

    Args:
        job: The map.
        own: Rows whose answers are wanted.
        mask: Of all rows that decide about them.
        first: Row of the scene at which the strips begin.
        strips: What `classify_strip` returned for the rows that decide about them.
    """
    with _named_in_errors():
        classifier, bands, _ = _opened(job)
        height, width, _ = bands.shape
        around = mask.rows
        valid = mask.in_scene(height, width)
        smoothing = classifier.how.smoothing
        image = image_of(ProjectedScene(bands, classifier.projection, valid))
        inside = valid[around]
        graph = smoothing.graph(image(around), inside)
        probability = np.concatenate(strips)[around.start - first : around.stop - first]
        found = smoothing.smooth(probability, graph, inside, np.zeros(inside.shape, np.int32))
        return _part(job, own, found[own.start - around.start : own.stop - around.start])


def _part(job: Job, rows: slice, probability: Float32[np.ndarray, "rows width classes"]) -> Part:
    """Return the answers that outputs ask for, in as few bytes as they take."""
    classifier, bands, _ = _opened(job)
    found = scaled(probability, classifier.how.temperature)
    part = part_of(rows, slice(0, bands.shape[1]), found)
    return part._replace(
        classes=part.classes.astype(np.min_scalar_type(found.shape[-1])),
        confidence=part.confidence if job.confidence else None,
        probabilities=found if job.probabilities else None,
    )


@lru_cache(maxsize=1)
def _opened(job: Job) -> Opened:
    """Open what a job names, and refuse what differs from what its client has."""
    from distributed import get_worker

    if software() != job.software:
        raise ValueError(f"it runs {software()}, and the client {job.software}; install the same")
    threads = get_worker().state.nthreads
    if threads != 1:
        raise ValueError(
            f"it computes {threads} tiles at a time in one process; start it with "
            "`dask worker ADDRESS --nthreads 1`, and --nworkers for several processes"
        )
    classifier = _classifier(job.classifier, job.config_md5)
    raster = open_raster(job.source, job.band_axis, None, job.bands, "--band-axis")
    if raster.shape != job.shape:
        raise ValueError(f"{raster.name} is {raster.shape} here, and {job.shape} at the client")
    bands, nodata, _ = bands_of(classifier, raster, job.nodata, job.resample)
    return Opened(classifier, bands, nodata)


@lru_cache(maxsize=1)
def _classifier(folder: Path, config_md5: str) -> Classifier:
    """Load a classifier; it stays for the next scene."""
    classifier = load(folder, device())
    if md5(folder / "config.json") != config_md5:
        raise ValueError(f"{folder} holds another classifier here than at the client")
    return classifier


@contextmanager
def _named_in_errors() -> Iterator[None]:
    """Say in errors which worker has the problem."""
    try:
        yield
    except (ValueError, OSError) as error:
        from distributed import get_worker

        raise ValueError(f"worker {get_worker().address}: {error}") from None
