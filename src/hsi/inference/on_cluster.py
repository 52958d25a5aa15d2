"""Map scenes on the workers of a Dask cluster, to the files that one machine would write.

Of several scenes, each worker maps whole ones, with the code of one machine. Of one scene, the unit
of work is a strip of tiles, because a strip is what one machine reads and projects at a time: so
every number is computed from arrays of the same shape, and is the same bit for bit. The workers
read the scene themselves and send back classes; this process sends out the strips, a few for each
worker at a time, and writes the files.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import numpy as np
from distributed import Client, Future, KilledWorker
from distributed.comm.core import CommClosedError
from jaxtyping import Bool
from tqdm import tqdm

from hsi.classifier import Classifier
from hsi.cluster import connected
from hsi.inference.on_worker import (
    Job,
    Mask,
    StripJob,
    answer_strip,
    classify_strip,
    map_whole,
    seen_in,
    smooth_strip,
)
from hsi.inference.request import Request, named_in_errors, opened, wanted_in
from hsi.inference.smoothing import smoothed_strips
from hsi.inference.tiles import strips
from hsi.inference.to_files import Outputs, Part, bands_of, write_map
from hsi.machine import processor_name
from hsi.scene.valid import Seen, judged

AHEAD = 3  # tasks that are sent out for each worker: one runs, and the next are there already
ROUND = 16  # tasks after which the workers are counted anew
PATIENCE = 30.0  # seconds without any worker

Result = TypeVar("Result")


@contextmanager
def cluster(address: str) -> Iterator[tuple[Client, list[str]]]:
    """Reach a cluster, and say in one line what goes wrong there.

    Args:
        address: As in `hsi.cluster.connected`.

    Yields:
        Its client, and remarks for the user.

    Raises:
        OSError: If the cluster cannot be reached or is lost, or a worker is out of memory.
    """
    with connected(address) as client, _in_one_line(address):
        yield client, _other_processors(client)


def map_in_strips(client: Client, job: Job, classifier: Classifier, outputs: Outputs) -> list[str]:
    """Map a scene whose strips workers answer; return remarks for the user.

    Args:
        client: Of the cluster.
        job: The map that is wanted.
        classifier: The classifier of the job.
        outputs: What to write.

    Raises:
        FileNotFoundError: If there is no such scene.
        ValueError: As `hsi.inference.request.map_scene`; or if a worker cannot read the files or
            has another version.
        OSError: If the disk is full.
        Exception: What `cluster` says in one line.
    """
    request = job.request
    with named_in_errors(request):
        raster = opened(request, classifier)
        outputs.refuse_files_of(raster)
        wanted, of_mask = wanted_in(raster, request)
        layers = outputs.confidence is not None, outputs.probabilities is not None
        here = StripJob(
            job.classifier, job.config_md5, job.software, request, raster.shape, *layers
        )
        bands, nodata, remarks = bands_of(classifier, raster, request.nodata, request.resample)
        windows = bands.windows()
        looks = (client.submit(seen_in, here, *window, pure=False) for window in windows)
        seen: Iterator[Seen] = _in_order(client, looks)
        bar = tqdm(seen, "check", len(windows), unit="part", disable=None)
        valid, of_pixels = judged(bands, nodata, "--nodata", iter(bar))
        parts: Iterator[Part] = _in_order(client, _submitted(client, here, classifier, valid))
        stored = (part._replace(classes=part.classes.astype(np.int32)) for part in parts)
        write_map(classifier, raster, outputs, valid, wanted, stored, bars=True)
    return of_mask + remarks + of_pixels


def map_whole_scenes(
    client: Client, jobs: list[Job], outputs: list[Outputs]
) -> Iterator[tuple[Request, Callable[[], list[str]]]]:
    """Let workers map scenes, a whole scene each, and yield the scenes for `map_each`.

    Args:
        client: Of the cluster.
        jobs: The maps.
        outputs: What to write of each, to folders that workers and this machine share.
    """
    for each in outputs:
        for path in each.files:
            path.parent.mkdir(parents=True, exist_ok=True)
    futures = [
        client.submit(map_whole, job, each, pure=False)
        for job, each in zip(jobs, outputs, strict=True)
    ]
    for job, future in zip(jobs, futures, strict=True):
        yield job.request, partial(_remarks, client, future)


def _remarks(client: Client, future: "Future[list[str]]") -> list[str]:
    try:
        return _result(client, future)
    except KilledWorker as error:
        raise ValueError(_killed("it", error)) from None


def _submitted(
    client: Client, job: StripJob, classifier: Classifier, valid: Bool[np.ndarray, "height width"]
) -> "Iterator[Future[Part]]":
    """Send out the work for each part of the map when the part is asked for."""
    height, _ = valid.shape
    model, smoothing = classifier.model, classifier.how.smoothing
    border = model.window // 2
    tiled = strips(model, len(classifier.projection.axes), height)
    if smoothing.reach == 0:
        for strip in tiled:
            yield client.submit(answer_strip, job, strip, Mask.of(valid, strip, border), pure=False)
        return
    waiting, held = deque(tiled), dict[int, tuple[slice, "Future[np.ndarray]"]]()
    for own, around in smoothed_strips(height, smoothing.reach):
        while waiting and waiting[0].start < around.stop:
            strip = waiting.popleft()
            mask = Mask.of(valid, strip, border)
            held[strip.start] = strip, client.submit(classify_strip, job, strip, mask, pure=False)
        held = {top: each for top, each in held.items() if each[0].stop > around.start}
        needed = [future for _, future in held.values()]
        mask = Mask.of(valid, around)
        yield client.submit(smooth_strip, job, own, mask, min(held), *needed, pure=False)


def _in_order(client: Client, futures: "Iterator[Future[Result]]") -> Iterator[Result]:
    """Yield results in the order of the tasks, while a few tasks for each worker are sent out."""
    sent: deque[Future[Result]] = deque()
    limit = 1
    for number, future in enumerate(futures):
        sent.append(future)
        if number % ROUND == 0:
            limit = AHEAD * max(1, len(client.nthreads()))
        while len(sent) >= limit:
            yield _result(client, sent.popleft())
    while sent:
        yield _result(client, sent.popleft())


def _result(client: Client, future: "Future[Result]") -> Result:
    while True:
        try:
            return future.result(timeout=PATIENCE)
        except TimeoutError:
            if not client.nthreads():
                address = client.scheduler_info()["address"]
                raise ConnectionError(
                    f"--cluster {address}: no worker has been there for {PATIENCE:.0f} seconds"
                ) from None


def _killed(what: str, error: KilledWorker) -> str:
    return (
        f"{what} ended {error.allowed_failures + 1} workers, probably for want of memory: start "
        "fewer on each machine"
    )


@contextmanager
def _in_one_line(address: str) -> Iterator[None]:
    """Say in one line what went wrong on the cluster."""
    try:
        yield
    except KilledWorker as error:
        raise ConnectionError(
            f"--cluster {address}: {_killed('a part of the map', error)}"
        ) from None
    except (CancelledError, CommClosedError):
        raise ConnectionError(f"--cluster {address}: the scheduler was lost") from None
    except Exception as error:
        # Dask raises a bare Exception where a worker cannot import what it should run.
        if type(error) is not Exception and not isinstance(error, ImportError):
            raise
        raise ConnectionError(
            f"--cluster {address}: a worker lacks what this machine has ({error}): install "
            "`hyperspectral-classifier[cluster]` of the same version there"
        ) from None


def _other_processors(client: Client) -> list[str]:
    """Remark on processors that may round in another way than this machine's."""
    found = {*client.run(processor_name).values()} - {processor_name()}
    if not found:
        return []
    return [
        f"workers have other processors than this machine ({'; '.join(sorted(found))}): numbers "
        "may differ in their last bits, and single pixels in their class"
    ]
