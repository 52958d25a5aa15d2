"""Seconds and peak memory of every stage: Indian Pines, and a scene of Pavia University's size.

    python -m benchmarks.stages

Stages run in a clone of the last commit, one process each, nothing cached. The larger scene is
synthetic, 610 x 340 pixels of 103 bands and 9 classes, 10 % of its labels in training.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from tqdm import tqdm

from benchmarks.page import publish, table
from benchmarks.timing import run_measured

STAGES = ("fetch", "split", "reduce", "patches", "train", "evaluate", "map")
EPOCHS = 5  # enough for the peak: every epoch is the same


def write_large(folder: Path) -> None:
    """Write a scene and a truth of Pavia University's size: fields of 9 classes."""
    generator = np.random.default_rng(0)
    height, width, bands, classes = 610, 340, 103, 9
    fields = generator.integers(0, classes, (height // 10, width // 10)).repeat(10, 0).repeat(10, 1)
    spectra = generator.uniform(500, 3000, (classes, bands))
    noise = generator.normal(0, 200, (height, width, bands))
    np.save(folder / "cube.npy", (spectra[fields] + noise).clip(0).astype(np.uint16))
    labelled = generator.random((height, width)) < 0.2
    np.save(folder / "truth.npy", np.where(labelled, fields + 1, 0).astype(np.uint8))


def run_all(clone: Path, changes: dict[str, Any]) -> list[tuple[float, float]]:
    """Run every stage in a clone with some values of params.yaml changed."""
    params = yaml.safe_load((clone / "params.yaml").read_text())
    for section, values in changes.items():
        params[section] |= values
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{clone}/runs.db"}
    return [
        run_measured(
            [sys.executable, "-m", f"stages.{stage}"],
            cwd=clone,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for stage in tqdm(STAGES, "stages", unit="stage", disable=None)
    ]


def main() -> None:
    """Measure both scenes and publish."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ".", str(clone)], check=True)
        pines = run_all(clone, {})
        write_large(clone / "data/scenes")
        own: dict[str, Any] = {"cube": "data/scenes/cube.npy", "truth": "data/scenes/truth.npy"}
        own |= {"unlabelled": 0, "cube_key": None, "truth_key": None, "class_names": None}
        changes = {"scene": {"name": "custom", "custom": own}, "train": {"epochs": EPOCHS}}
        large = run_all(clone, changes)
    rows = [
        [stage, *(f"{number:,.{digits}f}" for pair in both
                  for number, digits in zip(pair, (1, 0), strict=True))]
        for stage, *both in zip(STAGES, pines, large, strict=True)
    ]  # fmt: skip
    both = (sum(spent for spent, _ in each) for each in (pines, large))
    peaks = (max(peak for _, peak in each) for each in (pines, large))
    rows.append(["all", *(f"{number:,.{digits}f}" for pair in zip(both, peaks, strict=True)
                          for number, digits in zip(pair, (1, 0), strict=True))])  # fmt: skip
    heads = ["stage", "Indian Pines, s", "peak, MiB", "610 x 340 x 103, s", "peak, MiB"]
    publish(
        "stages",
        "Every stage: seconds and memory",
        f"""Each a process of its own, started and ended, imports included; params.yaml as
committed, but the larger scene, which is synthetic, trains {EPOCHS} epochs only. MLflow writes to a
database made on the way. fetch, reduce and patches import numpy and little else; split also
imports scikit-learn for the floor and Matplotlib for its picture, two of its seconds.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
