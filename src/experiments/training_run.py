"""Run a training to its end: progress bar, MLflow curve, and checkpoints to resume from."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from experiments.mlflow_run import Run
from hsi.training import checkpoint
from hsi.training.loop import Epoch

SECONDS_BETWEEN_CHECKPOINTS = 20
NOTHING: dict[str, Any] = {"fit": None, "history": [], "seconds": 0.0, "run": None}


def run_training(
    epochs: Iterator[Epoch], total: int, done: dict[str, Any], log: Run, scratch: Path
) -> tuple[list[dict[str, float]], list[dict[str, float]], float]:
    """Iterate over a training to its end.

    Args:
        epochs: The training, or the rest of a resumed one.
        total: Number of epochs of the whole training.
        done: The checkpoint that it resumes from, or NOTHING.
        log: Its MLflow run.
        scratch: File for checkpoints; it is removed if the training fails.

    Returns:
        The history of the whole training, the part of it that is not yet in MLflow, and the seconds
        it took, earlier attempts included.
    """
    history = list(done["history"])
    sent = len(history)
    begun = time.monotonic() - done["seconds"]
    saved = time.monotonic()
    bar = tqdm(epochs, "train", total, initial=sent, unit="epoch", disable=None)
    try:
        for epoch in bar:
            history.append({"epoch": epoch.number, "loss": epoch.loss, "rate": epoch.rate})
            bar.set_postfix(loss=f"{epoch.loss:.4f}", rate=f"{epoch.rate:.2g}")
            if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                # Only epochs that a resumed training will not repeat are sent to MLflow.
                log.log_curve(history[sent:])
                sent = len(history)
                seconds = time.monotonic() - begun
                state = {"fit": epoch.state, "history": history, "seconds": seconds, "run": log.id}
                try:
                    checkpoint.save(scratch, state)
                except OSError as error:  # a full disk does not stop the training
                    print(f"warning: no checkpoint, {error}", file=sys.stderr)
                saved = time.monotonic()
    except KeyboardInterrupt:
        log.finish("KILLED")
        raise
    except BaseException as error:
        log.finish("FAILED")
        if isinstance(error, ValueError):
            scratch.unlink(missing_ok=True)  # a resumed training would fail in the same way
        raise
    return history, history[sent:], time.monotonic() - begun
