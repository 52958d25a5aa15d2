"""Draw docs/three-maps.png: one scene by HybridSN and by `make honest`, with what each is worth.

    python -m benchmarks.three_maps

Runs three DVC experiments of the last commit, which take some ten minutes on two cores: params.yaml
as it is, the same on blocks, and the preset. The split of the last two is the same.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from experiments.studies.cluster import run_experiments
from experiments.studies.run import array_of, commit, finished, json_of
from hsi.cube.pixels import TRAIN, Pixels
from hsi.pictures.figures import in_bytes, show, write_figure
from hsi.pictures.palette import palette
from hsi.scene.info import SceneInfo, load_truth

OUT = Path("docs/three-maps.png")
TITLES = {
    "random": "HybridSN, random pixels",
    "blocks": "HybridSN, blocks of 16 pixels",
    "honest": "make honest, the same blocks",
}


def changes() -> dict[str, list[str]]:
    """Return what each experiment changes in params.yaml."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "-n", "honest"], capture_output=True, text=True, check=True
    )
    preset = re.findall(r"-S (\S+)", shown.stdout.strip().splitlines()[-1])
    return {
        "random": [],
        "blocks": ["split.method=blocks", "reduce.fit_on=train", "patches.window=11"],
        "honest": preset,
    }


def experiments() -> dict[str, str]:
    """Run what has not been run on this commit, and return the name of each experiment."""
    names = {name: f"three-maps-{name}-{commit()[:7]}" for name in TITLES}
    done = finished()
    missing = {names[name]: each for name, each in changes().items() if names[name] not in done}
    for name, failure in run_experiments("local:1", commit(), missing, until="map"):
        print(name, flush=True)
        if failure:
            sys.exit(failure)
    return names


def picture(names: dict[str, str]) -> Figure:
    """Draw truth, and the map of each experiment below what it is worth."""
    info, truth = SceneInfo.load(Path("data/raw")), load_truth(Path("data/raw"))
    colours = palette(len(info.class_names))
    figure = Figure(figsize=(15, 5.0), layout="constrained", facecolor="white")
    axes = figure.subplots(1, 4)
    show(axes[0], in_bytes(colours)[truth], f"Truth ({np.count_nonzero(truth):,} labelled pixels)")
    for axis, (name, experiment) in zip(axes[1:], names.items(), strict=True):
        scores = json_of(experiment, "metrics/evaluate.json")
        classes = array_of(experiment, "data/delivered/classes.npy")
        worth = f"OA {scores['oa']:.1%}, floor {scores['floor_oa']:.1%} ({scores['regime']})"
        show(axis, in_bytes(colours)[classes], f"{TITLES[name]}\n{worth}")
        train = Pixels(*array_of(experiment, "data/split/pixels.npy").T).on(TRAIN)
        axis.plot(train.columns, train.rows, ",", color="black", alpha=0.6)
    entries = zip(info.class_names, colours[1:], strict=True)
    handles = [Patch(facecolor=each, edgecolor="0.5", label=name) for name, each in entries]
    figure.legend(handles=handles, loc="outside lower center", ncols=8, frameon=False)
    return figure


if __name__ == "__main__":
    write_figure(OUT, picture(experiments()))
