"""Train the network; a killed training goes on where it was."""

import sys
import time
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from hsi import checkpoint
from hsi.config import load_params
from hsi.files import read_array, write_table
from hsi.fit_svm import fit_svm
from hsi.models.build import build, save
from hsi.patches import visible
from hsi.pixels import TRAIN, Pixels
from hsi.training import fit
from stages import run, tracking
from stages.machine import device, keep_freed_memory

OUT = Path("data/model")
CUBE, OWNER = Path("data/patches/cube.npy"), Path("data/patches/owner.npy")
PIXELS = Path("data/split/pixels.npy")
SECONDS_BETWEEN_CHECKPOINTS = 20
NOTHING: dict[str, Any] = {"fit": None, "history": [], "seconds": 0.0, "run": None}


def main() -> None:
    """Read data/patches/ and data/split/; write data/model/."""
    params = load_params()
    keep_freed_memory()
    where = device()
    padded, owner, pixels = read_array(CUBE), read_array(OWNER), Pixels.load(PIXELS)
    recipe = {
        "components": len(padded),
        "window": params.patches.window,
        "classes": int(pixels.targets.max()) + 1,
        **params.model.recipe(),
    }
    pixels = pixels.on(TRAIN)

    code = sorted(Path("src/hsi").rglob("*.py"))
    how = {"batch": None, **params.train.recipe().model_dump(), "epochs": params.train.epochs}
    decides = {"model": recipe, "train": {**how, "seed": params.train.seed}, "device": where}
    key = checkpoint.fingerprint(decides, [CUBE, OWNER, PIXELS, *code])
    scratch = tracking.root() / ".scratch" / f"{key}.pt"
    done = checkpoint.load(scratch, where) or NOTHING

    torch.manual_seed(params.train.seed)
    model = build(**recipe).to(where)
    log = tracking.start(params, done["run"])
    data = (
        torch.from_numpy(visible(padded, owner, TRAIN)).to(where),
        *(torch.from_numpy(a).to(where) for a in (pixels.rows, pixels.columns, pixels.targets)),
    )
    if params.model.name == "svm":
        epochs, total = fit_svm(model, *data, seed=params.train.seed), 1
    else:
        epochs = fit(model, *data, **how, seed=params.train.seed, resume=done["fit"])
        total = params.train.epochs
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

    save(OUT / "model.pt", model, recipe)
    write_table(OUT / "history.csv", history)
    log.log_curve(history[sent:])
    log.log(
        metrics={"train_seconds": time.monotonic() - begun},
        tags={"model_md5": checkpoint.md5(OUT / "model.pt")},
    )
    log.finish()
    scratch.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
