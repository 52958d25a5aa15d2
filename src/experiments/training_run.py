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


def resumable(scratch: Path, device: str) -> dict[str, Any]:
    """Return the last checkpoint of a training, or NOTHING; one that cannot be read is removed."""
    try:
        state = checkpoint.load(scratch, device) or NOTHING
        if state.keys() != NOTHING.keys():
            raise ValueError(f"the checkpoint {scratch} is of another version")
        return state
    except (ValueError, OSError) as error:
        print(f"warning: {error}; the training starts afresh", file=sys.stderr)
        scratch.unlink(missing_ok=True)
        return NOTHING


def run_training(
    epochs: Iterator[Epoch], total: int, done: dict[str, Any], log: Run | None, scratch: Path
) -> tuple[list[dict[str, float]], float]:
    """Iterate over a training to its end.

    Args:
        epochs: The training, or the rest of a resumed one.
        total: Number of epochs of the whole training.
        done: The checkpoint that it resumes from, or NOTHING.
        log: Its MLflow run, if it has one.
        scratch: File for checkpoints.

    Returns:
        The history of the whole training, and the seconds it took, earlier attempts included.

    Raises:
        ValueError: If the training cannot go on; its checkpoints are removed, since a resumed one
            would fail in the same way.
    """
    history = list(done["history"])
    begun = time.monotonic() - done["seconds"]
    saved = time.monotonic()

    def save(state: dict[str, Any]) -> None:
        seconds = time.monotonic() - begun
        content = {
            "fit": state,
            "history": history,
            "seconds": seconds,
            "run": log.id if log else None,
        }
        try:
            checkpoint.save(scratch, content)
        except OSError as error:  # a full disk does not stop the training
            print(f"warning: no checkpoint, {error}", file=sys.stderr)

    bar = tqdm(epochs, "train", total, initial=len(history), unit="epoch", disable=None)
    try:
        for epoch in bar:
            history.append({"epoch": epoch.number, "loss": epoch.loss, "rate": epoch.rate})
            bar.set_postfix(loss=f"{epoch.loss:.4f}", rate=f"{epoch.rate:.2g}")
            if epoch.number == total:
                # This one waits until DVC has stored the model: see finished.py.
                save(epoch.state)
            elif time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                if log:
                    log.log_curve(history)
                save(epoch.state)
                saved = time.monotonic()
    except ValueError:
        scratch.unlink(missing_ok=True)
        raise
    return history, time.monotonic() - begun
