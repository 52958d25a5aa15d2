"""Best-effort MLflow logging: the first failure warns, and nothing more is tried after it.

A tracking server that is down, or that never ends an answer, costs some seconds and a warning,
never a training.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from experiments.mlflow_store import without_password

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric

DEADLINE = 60.0  # seconds for each call of a method of a run, however many requests it makes
LONGEST_VALUE = 5000  # characters; MLflow's limits are 6000 for parameters and 8000 for tags
METRICS_AT_ONCE, REST_AT_ONCE = 1000, 100  # MLflow's limits


class Run:
    """One MLflow run; after the first failure its methods do nothing.

    As a context it ends the run: as FINISHED, or after an exception as FAILED, or after an
    interruption as KILLED.

    Attributes:
        id: MLflow's id of the run; None if there is no run.
        client: MLflow's client, once connected.
        last_epoch: The last epoch whose numbers the run has.
    """

    def __init__(self, connect: Callable[["Run"], None]) -> None:
        self.id: str | None = None
        self.client: Any = None
        self.last_epoch = 0
        self.broken = False
        self._try(lambda: connect(self))

    def __enter__(self) -> "Run":
        """Return the run itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run as its training has ended."""
        if kind is None:
            self.finish()
        else:
            self.finish("KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED")

    def _try(self, action: Callable[[], None]) -> None:
        """Do something within the deadline; a thread that exceeds it ends with the process."""
        if self.broken:
            return
        failures: list[Exception] = []

        def attempt() -> None:
            try:
                action()
            except Exception as error:  # a tracking server can fail in any way
                failures.append(error)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(DEADLINE)
        if thread.is_alive():
            failures.append(TimeoutError(f"its server has not answered within {DEADLINE:g} s"))
        if failures:
            self.broken = True
            print(f"warning: not tracked in MLflow: {in_one_line(failures[0])}", file=sys.stderr)

    def log(
        self,
        metrics: dict[str, float] | None = None,
        tags: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        """Record final numbers, tags and parameters."""
        self._try(lambda: self.batch(metrics_at(metrics or {}, 0), tags or {}, params or {}))

    def log_curve(self, rows: Iterable[dict[str, float]]) -> None:
        """Record rows of a history, each at its `epoch`, if the run does not have them yet."""

        def action() -> None:
            new = [row for row in rows if row["epoch"] > self.last_epoch]
            curve = [
                metrics_at({key: row[key] for key in row if key != "epoch"}, int(row["epoch"]))
                for row in new
            ]
            self.batch([metric for metrics in curve for metric in metrics])
            if new:
                self.last_epoch = int(new[-1]["epoch"])

        self._try(action)

    def log_files(self, paths: Iterable[Path], folder: str | None = None) -> None:
        """Keep copies of some files, in a folder of the run's artifacts or beside each other."""
        for path in paths:
            self._try(partial(self._log_file, path, folder))

    def _log_file(self, path: Path, folder: str | None) -> None:
        self.client.log_artifact(self.id, str(path), folder)

    def log_folder(self, fill: Callable[[Path], None], name: str) -> None:
        """Keep a folder of the run's artifacts that `fill` writes, given its path."""

        def action() -> None:
            with tempfile.TemporaryDirectory() as scratch:
                fill(Path(scratch, name))
                self.client.log_artifacts(self.id, scratch)

        self._try(action)

    def log_datasets(self, datasets: "list[DatasetInput]") -> None:
        """Record what the run trains on and is tested on."""
        self._try(lambda: self.client.log_inputs(self.id, datasets))

    def finish(self, status: str = "FINISHED") -> None:
        """End the run: FINISHED, FAILED or KILLED."""
        self._try(lambda: self.client.set_terminated(self.id, status))

    def batch(
        self,
        metrics: "list[Metric]",
        tags: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        """Send metrics, tags and parameters; a failure is the caller's."""
        from mlflow.entities import Param, RunTag

        tagged = [RunTag(key, cut(value)) for key, value in (tags or {}).items()]
        set_to = [Param(key, cut(str(value))) for key, value in (params or {}).items()]
        for some in _parts(metrics, METRICS_AT_ONCE):
            self.client.log_batch(self.id, metrics=some)
        for some in _parts(tagged, REST_AT_ONCE):
            self.client.log_batch(self.id, tags=some)
        for some in _parts(set_to, REST_AT_ONCE):
            self.client.log_batch(self.id, params=some)


def in_one_line(error: Exception) -> str:
    """Return what an error of MLflow or its server says, in one line without any password.

    Only the beginning of a long one.
    """
    return without_password(" ".join(str(error).split()))[:500]


def metrics_at(values: dict[str, float], step: int) -> "list[Metric]":
    """Return numbers as MLflow's metrics of one step."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [Metric(key, float(value), now, step) for key, value in values.items()]


def _parts(things: list[Any], many: int) -> Iterable[list[Any]]:
    return (things[start : start + many] for start in range(0, len(things), many))


def cut(value: str) -> str:
    """Return a value as MLflow takes it, cut off if it is too long."""
    return value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"
