"""Measure what an average over turns of the scene brings, on validation pixels.

    python -m benchmarks.turns

For each seed and split, the network of params.yaml is trained once, 10 % of each class kept for
validation. It then answers for the whole scene in each of the eight symmetries of the square, and
averages over some of them are compared.
"""

import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from tqdm import tqdm

from benchmarks.performance_page import publish, table
from benchmarks.stages import clone_repository, run_stages
from hsi.config import load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import VALIDATION, Pixels
from hsi.cube.symmetry import SYMMETRIES, TURNS
from hsi.inference.tiles import in_symmetry
from hsi.model import load_model
from hsi.scores.accuracy import scores

SEEDS = range(345, 350)
SPLITS: dict[str, tuple[dict[str, Any], str]] = {  # and the pixels that the reduction is fitted on
    "random": ({"method": "random"}, "scene"),
    "blocks of 16": ({"method": "blocks", "blocks": {"side": 16}}, "train"),
}
AVERAGES = {
    "the scene as it is": [0],
    "and a half turn": [0, 2],
    "four quarter turns": list(range(TURNS)),
    "and their mirror images": list(range(SYMMETRIES)),
}
TRAINING = ("fetch", "split", "reduce", "patches", "train")


def answers(clone: Path) -> tuple[Float32[np.ndarray, "symmetries pixels classes"], list[float]]:
    """Return the probabilities of all pixels of a scene in each symmetry, and their seconds."""
    model, recipe = load_model(clone / "data/model/model.safetensors", "cpu")
    model.eval()
    cube = PaddedCube.load(clone / "data/patches", recipe.shape.window, in_memory=True)
    scene = torch.from_numpy(cube.values)
    at_once = model.memory_limits(cube.components).pixels
    found, spent = [], []
    for symmetry in range(SYMMETRIES):
        begun = time.perf_counter()
        found.append(in_symmetry(model, scene, None, symmetry, at_once))
        spent.append(time.perf_counter() - begun)
    return torch.stack(found).numpy(), spent


def main() -> None:
    """Train, compare and publish."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    runs = [(split, seed) for split in SPLITS for seed in SEEDS]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        clone_repository(clone, "HEAD")
        for split, seed in tqdm(runs, "turns", unit="training", disable=None):
            cut, fit_on = SPLITS[split]
            changes = {
                "split": {"validation": 0.1, "seed": seed, **cut},
                "reduce": {"fit_on": fit_on},
                "train": {"seed": seed},
            }
            run_stages(clone, changes, TRAINING)
            probability, spent = answers(clone)
            pixels = Pixels.load(clone / "data/split/pixels.npy").on(VALIDATION)
            width = np.load(clone / "data/raw/truth.npy", "r").shape[1]
            names = tuple(map(str, range(probability.shape[-1])))
            for average, symmetries in AVERAGES.items():
                mean = probability[symmetries].mean(0)[pixels.rows * width + pixels.columns]
                score = scores(pixels.targets, mean.argmax(1), names)
                found[average, split].append((score["oa"], score["aa"]))
                seconds[average].append(sum(spent[each] for each in symmetries))
    rows = [
        [average, *(f"{100 * value:.2f}" for split in SPLITS
                    for value in np.mean(found[average, split], axis=0)),
         f"{np.median(seconds[average]):.1f}"]
        for average in AVERAGES
    ]  # fmt: skip
    heads = ["average over", *(f"{score}, {split}, %" for split in SPLITS
                               for score in ("OA", "AA")), "answer, s"]  # fmt: skip
    publish(
        "turns",
        "How many turns of the scene to average over",
        f"""Indian Pines, {load_params().model.name} as in params.yaml, 10 % of each class for
training and 10 % for validation; means over the validation pixels of seeds {SEEDS[0]} to
{SEEDS[-1]}, which no training saw. *Answer* is the median of the seconds for the whole scene.
`inference.turns: true` averages over the four quarter turns.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
