"""Train the network; a killed training goes on where it was."""

from pathlib import Path

import torch

from hsi import checkpoint
from hsi.config import load_params
from hsi.files import read_array, write_table
from hsi.models.build import build, save
from hsi.patches import hidden_from
from hsi.pixels import TRAIN, Pixels
from hsi.training import fit
from stages import run, tracking
from stages.follow import NOTHING, follow
from stages.machine import device, keep_freed_memory, precision

OUT = Path("data/model")
CUBE, OWNER = Path("data/patches/cube.npy"), Path("data/patches/owner.npy")
PIXELS = Path("data/split/pixels.npy")


def main() -> None:
    """Read data/patches/ and data/split/; write data/model/."""
    params = load_params()
    where = device()
    padded, owner, pixels = read_array(CUBE), read_array(OWNER), Pixels.load(PIXELS)
    keep_freed_memory(padded[0].size)
    recipe = {
        "components": len(padded),
        "window": params.patches.window,
        "classes": int(pixels.targets.max()) + 1,
        **params.model.recipe(),
    }
    pixels = pixels.on(TRAIN)

    code = sorted(Path("src/hsi").rglob("*.py"))
    how = {
        "batch": None,
        **params.train.recipe().model_dump(),
        "epochs": params.train.epochs,
        "precision": precision(params.train.precision, where),
    }
    decides = {"model": recipe, "train": {**how, "seed": params.train.seed}, "device": where}
    key = checkpoint.fingerprint(decides, [CUBE, OWNER, PIXELS, *code])
    scratch = tracking.root() / ".scratch" / f"{key}.pt"
    done = checkpoint.load(scratch, where) or NOTHING

    torch.manual_seed(params.train.seed)
    model = build(**recipe).to(where)
    log = tracking.start(params, done["run"])
    data = (
        torch.from_numpy(padded * ~hidden_from(TRAIN, owner)).to(where),
        *(torch.from_numpy(a).to(where) for a in (pixels.rows, pixels.columns, pixels.targets)),
    )
    if params.model.name == "svm":
        from hsi.fit_svm import fit_svm  # scikit-learn takes a second to import

        epochs, total = fit_svm(model, *data, seed=params.train.seed), 1
    else:
        epochs = fit(model, *data, **how, seed=params.train.seed, resume=done["fit"])
        total = params.train.epochs
    history, unsent, seconds = follow(epochs, total, done, log, scratch)

    save(OUT / "model.pt", model, recipe)
    write_table(OUT / "history.csv", history)
    log.log_curve(unsent)
    digest = checkpoint.md5(OUT / "model.pt")
    used = {"device": where, "precision": str(how["precision"])}
    log.log(metrics={"train_seconds": seconds}, tags={"model_md5": digest, **used})
    log.finish()
    scratch.unlink(missing_ok=True)  # not before the model is on the disk


if __name__ == "__main__":
    run(main)
