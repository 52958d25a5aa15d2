"""Follow a training to its end: show it, log it, and leave checkpoints to go on from."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hsi import checkpoint
from hsi.training import Epoch
from stages import tracking

SECONDS_BETWEEN_CHECKPOINTS = 20
NOTHING: dict[str, Any] = {"fit": None, "history": [], "seconds": 0.0, "run": None}


def follow(
    epochs: Iterator[Epoch], total: int, done: dict[str, Any], log: tracking.Run, scratch: Path
) -> tuple[list[dict[str, float]], list[dict[str, float]], float]:
    """Iterate over a training to its end.

    Return its history, the part of it that MLflow has yet to hear of, and its seconds, earlier
    attempts included.

    Args:
        epochs: The training, or what is left of it.
        total: How many epochs the whole of it has.
        done: The checkpoint it goes on from, or NOTHING.
        log: Its MLflow run.
        scratch: Where to leave checkpoints; a failed training removes them.
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
                # MLflow hears only of epochs that a resumed training will not repeat.
                log.log_curve(history[sent:])
                sent = len(history)
                seconds = time.monotonic() - begun
                state = {"fit": epoch.state, "history": history, "seconds": seconds, "run": log.id}
                try:
                    checkpoint.save(scratch, state)
                except OSError as error:  # a full disk is no reason to stop computing
                    print(f"warning: no checkpoint, {error}", file=sys.stderr)
                saved = time.monotonic()
    except ValueError:
        log.finish("FAILED")
        scratch.unlink(missing_ok=True)  # it would lead to the same place
        raise
    except KeyboardInterrupt:
        log.finish("KILLED")
        raise
    return history, history[sent:], time.monotonic() - begun
