"""Measure seconds and peak memory of every stage, on Indian Pines and on a larger scene.

    python -m benchmarks.stages

Stages run in a clone of the last commit, each in a process of its own, with nothing cached. The
larger scene is synthetic and has the size of Pavia Centre, which has the most pixels of the public
scenes in docs/scenes.md: 1096 x 715, with 102 bands and 9 classes, a fifth of them labelled, and
10 % of the labels for training.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from tqdm import tqdm

from benchmarks.performance_page import publish, table
from benchmarks.timing import run_measured
from hsi.config import load_params

LARGE = (1096, 715, 102, 9)  # height, width, bands and classes
EPOCHS = 5  # every epoch needs the same seconds and memory


def clone_repository(path: Path, commit: str) -> None:
    """Clone this repository into a folder, at a commit."""
    subprocess.run(["git", "clone", "--quiet", ".", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "checkout", "--quiet", commit], check=True)


def stage_names(clone: Path) -> list[str]:
    """Return the stages of a clone, in the order of its dvc.yaml, which is that of the pipeline."""
    return list(yaml.safe_load((clone / "dvc.yaml").read_text(encoding="utf-8"))["stages"])


def write_large(folder: Path) -> None:
    """Write a cube and a truth of Pavia Centre's size: fields of 9 classes."""
    generator = np.random.default_rng(0)
    height, width, bands, classes = LARGE
    fields = generator.integers(0, classes, (height // 10 + 1, width // 10 + 1))
    fields = fields.repeat(10, 0).repeat(10, 1)[:height, :width]
    spectra = generator.uniform(500, 3000, (classes, bands))
    noise = generator.normal(0, 200, (height, width, bands))
    np.save(folder / "cube.npy", (spectra[fields] + noise).clip(0).astype(np.uint16))
    labelled = generator.random((height, width)) < 0.2
    np.save(folder / "truth.npy", np.where(labelled, fields + 1, 0).astype(np.uint8))


def run_stages(
    clone: Path, changes: dict[str, Any], stages: Sequence[str] = ()
) -> dict[str, tuple[float, float]]:
    """Run stages in a clone, and return the seconds and peak MiB of each.

    Args:
        clone: The top folder of the clone.
        changes: Values to set in sections of its params.yaml.
        stages: Their names; none for every stage.
    """
    params = yaml.safe_load((clone / "params.yaml").read_text(encoding="utf-8"))
    for section, values in changes.items():
        params[section] |= values
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{clone}/runs.db"}
    return {
        stage: run_measured(
            [sys.executable, "-m", f"stages.{stage}"],
            cwd=clone,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for stage in tqdm(stages or stage_names(clone), "stages", unit="stage", disable=None)
    }


def changes_for_large(clone: Path) -> dict[str, Any]:
    """Return what a clone's params.yaml says of the larger scene, in place of Indian Pines."""
    params = yaml.safe_load((clone / "params.yaml").read_text(encoding="utf-8"))
    own = params["scene"]["custom"]
    own |= {"cube": "data/scenes/cube.npy", "truth": "data/scenes/truth.npy"}
    return {"scene": {"name": "custom", "custom": own}, "train": {"epochs": EPOCHS}}


def main() -> None:
    """Measure both scenes and publish."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        clone_repository(clone, "HEAD")
        pines = run_stages(clone, {})
        write_large(clone / "data/scenes")
        large = run_stages(clone, changes_for_large(clone))
    found = [(stage, *pines[stage], *large[stage]) for stage in pines]
    _, *columns = zip(*found, strict=True)
    whole = [sum(columns[0]), max(columns[1]), sum(columns[2]), max(columns[3])]
    rows = [
        [stage, f"{first:,.1f}", f"{peak:,.0f}", f"{second:,.1f}", f"{other:,.0f}"]
        for stage, first, peak, second, other in [*found, ("all", *whole)]
    ]
    heads = ["stage", "Indian Pines, s", "peak, MiB", "larger scene, s", "peak, MiB"]
    params = load_params()
    minutes = large["train"][0] * params.train.epochs / EPOCHS / 60
    publish(
        "stages",
        "Every stage: seconds and memory",
        f"""Each stage is a process of its own, and its seconds include starting Python and
importing libraries. Values are those of params.yaml as committed, but the larger scene trains for
{EPOCHS} epochs only. That scene is synthetic and has the size of Pavia Centre, which has the most
pixels of the public scenes in docs/scenes.md: {" x ".join(map(str, LARGE[:3]))}. Its whole training
of {params.train.epochs} epochs takes {minutes:.0f} minutes at most, by the seconds of these. MLflow
writes to a database that is created on the way.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
