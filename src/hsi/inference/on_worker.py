"""What one worker of a cluster does for maps: look at windows, classify strips, smooth them.

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
from threading import RLock
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32
from tqdm import tqdm

import hsi
from hsi.classifier import Classifier, load
from hsi.files import md5
from hsi.inference.projected import ProjectedScene
from hsi.inference.request import Request, map_scene, opened
from hsi.inference.smoothing import full_width, image_of
from hsi.inference.tiles import classify_scene
from hsi.inference.to_files import Outputs, Part, bands_of, part_of
from hsi.machine import device
from hsi.scene.raster import Raster
from hsi.scene.valid import Seen, look
from hsi.scores.calibration import scaled


@dataclass(frozen=True)
class Job:
    """The map that is wanted: what a worker opens, and what it compares with the client's.

    Attributes:
        classifier: Folder of the classifier, as every worker finds it.
        config_md5: Digest of its `config.json`, which names the weights by theirs.
        software: What `software` returns at the client.
        request: The scene, with paths as every worker finds them.
    """

    classifier: Path
    config_md5: str
    software: str
    request: Request


@dataclass(frozen=True)
class StripJob(Job):
    """A map whose strips are answered by several workers.

    Attributes:
        shape: Height, width and number of bands of the scene's file.
        confidence: Whether an output holds the confidence.
        probabilities: Whether an output holds all probabilities.
    """

    shape: tuple[int, int, int]
    confidence: bool
    probabilities: bool


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


def seen_in(job: StripJob, rows: slice, columns: slice) -> Seen:
    """Look at a window of the scene: see `hsi.scene.valid.look`."""
    with _named_in_errors():
        _, bands, nodata = _opened(job)
        return look(bands, rows, columns, nodata)


def classify_strip(
    job: StripJob, strip: slice, mask: Mask
) -> Float32[np.ndarray, "rows width classes"]:
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


def answer_strip(job: StripJob, strip: slice, mask: Mask) -> Part:
    """Return the answers of a strip of tiles of a classifier that does not smooth."""
    probability = classify_strip(job, strip, mask)
    with _named_in_errors():
        return _part(job, strip, probability)


def smooth_strip(
    job: StripJob,
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


def _part(
    job: StripJob, rows: slice, probability: Float32[np.ndarray, "rows width classes"]
) -> Part:
    """Return the answers that outputs ask for, in as few bytes as they take."""
    classifier, bands, _ = _opened(job)
    found = scaled(probability, classifier.how.temperature)
    part = part_of(rows, slice(0, bands.shape[1]), found)
    return part._replace(
        classes=part.classes.astype(np.min_scalar_type(found.shape[-1])),
        confidence=part.confidence if job.confidence else None,
        probabilities=found if job.probabilities else None,
    )


def map_whole(job: Job, outputs: Outputs) -> list[str]:
    """Map a scene as one machine does, and write the files; return remarks for the user.

    Args:
        job: The map.
        outputs: What to write, in folders that the client has made.
    """
    with _named_in_errors():
        for path in outputs.files:
            if not path.parent.is_dir():
                raise ValueError(f"{path.parent} is not here; all machines need to share it")
        # The lock of tqdm's own is a semaphore, which a worker that is killed would leave behind.
        tqdm.set_lock(RLock())
        return map_scene(_classifier_of(job), job.request, outputs, bars=False)


@lru_cache(maxsize=1)
def _opened(job: StripJob) -> Opened:
    """Open what a job names, and refuse what differs from what its client has."""
    classifier = _classifier_of(job)
    raster = opened(job.request, classifier)
    if raster.shape != job.shape:
        raise ValueError(f"{raster.name} is {raster.shape} here, and {job.shape} at the client")
    bands, nodata, _ = bands_of(classifier, raster, job.request.nodata, job.request.resample)
    return Opened(classifier, bands, nodata)


def _classifier_of(job: Job) -> Classifier:
    """Return the classifier of a job, if this worker computes as its client does."""
    from distributed import get_worker

    if software() != job.software:
        raise ValueError(f"it runs {software()}, and the client {job.software}; install the same")
    threads = get_worker().state.nthreads
    if threads != 1:
        raise ValueError(
            f"it computes {threads} tiles at a time in one process; start it with "
            "`dask worker ADDRESS --nthreads 1`, and --nworkers for several processes"
        )
    return _classifier(job.classifier, job.config_md5)


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
