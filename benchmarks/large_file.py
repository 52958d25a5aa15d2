"""Map a large ENVI file with `hsi predict`, and measure seconds and memory.

    python -m benchmarks.large_file          # 10 GB: 5,000 x 5,000 pixels, 200 bands of 16 bits
    python -m benchmarks.large_file 1        # 1 GB, 2,500 x 1,000 pixels

The file is interleaved by line, and holds noise around five spectra. The classifier is an untrained
HybridSN as params.yaml has it, with 30 components and without turns: what it answers is worth
nothing, and takes as long as that of a trained one. Writes its section of
docs/results/performance.md.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.networks import COMPONENTS
from benchmarks.performance_page import publish, table
from benchmarks.timing import run_measured
from hsi.classifier import Classifier
from hsi.config import load_params
from hsi.inference.scene import Answering
from hsi.inference.smoothing import NoSmoothing
from hsi.model import ModelRecipe, build_model
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape
from hsi.pictures.palette import hexadecimal, palette
from hsi.reduction.pca import fit_pca
from hsi.scene.info import SceneInfo

BANDS, CLASSES = 200, 5
LINES = {10: (5000, 5000), 1: (2500, 1000)}  # gigabytes: height and width


def write_scene(path: Path, height: int, width: int) -> np.ndarray:
    """Write the file some lines at a time, and return its first 64 lines as a cube."""
    generator = np.random.default_rng(0)
    spectra = generator.uniform(500, 4000, (CLASSES, BANDS))
    noise = generator.normal(0, 60, (64, BANDS, width))
    stripes = np.arange(width) * CLASSES * 8 // width % CLASSES
    lines = (spectra[stripes].T[None] + noise).round().astype("<u2")
    with path.open("wb") as file:
        for top in range(0, height, 64):
            rolled = np.roll(lines, top, axis=2)  # no two strips are the same
            file.write(rolled[: min(64, height - top)].tobytes())
    nanometres = ", ".join(f"{each:.1f}" for each in np.linspace(400, 2500, BANDS))
    path.with_suffix(".hdr").write_text(
        f"ENVI\nsamples = {width}\nlines = {height}\nbands = {BANDS}\nheader offset = 0\n"
        "file type = ENVI Standard\ndata type = 12\ninterleave = bil\nbyte order = 0\n"
        f"wavelength units = Nanometers\nwavelength = {{{nanometres}}}\n"
        "map info = {UTM, 1, 1, 500000, 5800000, 4, 4, 33, North, WGS-84, units=Meters}\n",
        encoding="utf-8",
    )
    return np.ascontiguousarray(lines.transpose(0, 2, 1))


def untrained(cube: np.ndarray) -> Classifier:
    """Return a classifier whose projection is fitted to a part of the scene."""
    params = load_params()
    projection, _ = fit_pca(cube, np.ones(cube.shape[:2], bool), COMPONENTS, "none", True)
    shape = InputShape(COMPONENTS, params.patches.window, CLASSES)
    settings = params.model.settings_of("hybridsn")
    recipe = ModelRecipe("hybridsn", settings, shape, AttentionRecipe("none", {}, None, False))
    torch.manual_seed(0)
    undefined = {"oa": None, "aa": None, "kappa": None}
    info = SceneInfo(
        name="synthetic",
        labels=tuple(range(1, CLASSES + 1)),
        unlabelled=(0,),
        nodata=None,
        class_names=tuple(f"class {k}" for k in range(1, CLASSES + 1)),
        sensor="",
        wavelengths=tuple(np.linspace(400, 2500, BANDS).round(1).tolist()),
        false_colour=(150, 100, 50),
        citation="",
        licence="",
    )
    return Classifier(
        model=build_model(recipe).eval(),
        recipe=recipe,
        projection=projection,
        scene=info,
        colours=tuple(hexadecimal(palette(CLASSES))),
        how=Answering(turns=False, smoothing=NoSmoothing(), temperature=1.0),
        evidence={
            "scores": undefined, "regime": "inductive", "trained_on": "train",
            "delivered_pixels": 0,
            "floor": undefined, "leak": 0.0, "split": "none", "split_seed": 0,
            "train_pixels": 0, "test_pixels": 0, "model_md5": "", "cube_md5": "", "commit": "",
        },
    )  # fmt: skip


def main() -> None:
    """Write the file, map it in a process of its own, and publish."""
    gigabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    height, width = LINES[gigabytes]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        start = time.perf_counter()
        cube = write_scene(folder / "scene.img", height, width)
        written = time.perf_counter() - start
        untrained(cube).save(folder / "classifier")
        size = (folder / "scene.img").stat().st_size
        command = [sys.executable, "-m", "hsi.cli", "predict", str(folder / "classifier")]
        command += [str(folder / "scene.img"), str(folder / "map.tif")]
        command += ["--confidence", str(folder / "confidence.tif")]
        command += ["--picture", str(folder / "map.png")]
        seconds, peak = run_measured(command)
        of_map = sum(each.stat().st_size for each in folder.glob("map*")) / 2**20
    rows = [
        ["file", f"{size / 1e9:.1f} GB, {height:,} x {width:,} x {BANDS}, ENVI by line"],
        ["written in", f"{written:.0f} s"],
        ["`hsi predict`", f"{seconds / 60:.1f} min"],
        ["pixels a second", f"{height * width / seconds:,.0f}"],
        ["peak memory", f"{peak:,.0f} MiB"],
        ["map and picture", f"{of_map:.1f} MiB"],
        ["cores", f"{os.cpu_count()}"],
    ]
    text = table(["what", "measured"], rows)
    if gigabytes == 10:
        publish("large_file", "A file of 10 GB", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
