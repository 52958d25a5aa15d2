"""How much memory pictures of many classes and of narrow scenes take, each in a process."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.timing import run_measured

MOST = 500  # MiB above the libraries
LIBRARIES = """
import sys
import numpy as np
from pathlib import Path
from hsi.pictures.evaluation import write_evaluation
from hsi.pictures.figures import write_figure
from hsi.pictures.maps import map_picture
from hsi.pictures.splits import split_picture
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.inference.prediction import Prediction
from hsi.scene.info import SceneInfo
from hsi.scores.accuracy import scores
from hsi.scores.calibration import calibration
from hsi.split.request import Split
"""
PICTURES = """
folder, height, width, count = Path(sys.argv[1]), *map(int, sys.argv[2:])
names = tuple(f"class {number}" for number in range(1, count + 1))
truth = np.resize(np.arange(1, count + 1, dtype=np.int32), (height, width))
valid = np.ones((height, width), bool)
sides = np.where(np.random.default_rng(0).random(truth.shape) < 0.1, TRAIN, TEST).astype(np.uint8)
pixels = Pixels.of_truth(truth, sides)

labels, bands = tuple(range(1, count + 1)), (2, 1, 0)
info = SceneInfo("custom", labels, (0,), None, names, "", None, bands, "", "")
sure = np.full(truth.shape, 0.5, np.float32)
cube = np.random.default_rng(0).integers(0, 999, (height, width, 3)).astype(np.uint16)
prediction = Prediction(truth, sure, sure)
figure = map_picture(cube, valid, truth, prediction, pixels, pixels.targets, info)
write_figure(folder / "map.png", figure)

numbers = {"train": 1, "validation": 1, "test": 1}
report = {"method": "random", **numbers, "per_class": dict.fromkeys(names, numbers)}
report |= {"test_inside_training_windows": 1.0, "shared_pixels": 0, "floor": {"oa": 0.5}}
report |= {"distance_to_training": {"median": 1.0}}
figure = split_picture(valid, Split(sides, sides, truth, truth), report, 9, names)
write_figure(folder / "split.png", figure)

targets = np.arange(min(5000, truth.size)) % count
answers = np.zeros((len(targets), count), np.float32)
answers[np.arange(len(targets)), np.roll(targets, 1)] = 1
result = scores(targets, answers.argmax(1), names) | calibration(answers, targets)
write_evaluation(folder, targets, answers, result, names)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("height", "width", "count"), [(5000, 1, 1000), (1, 5000, 1000), (1500, 1500, 16)]
)
def test_pictures_take_little_memory(tmp_path: Path, height, width, count):
    arguments = [str(tmp_path), *map(str, (height, width, count))]
    environment = {**os.environ, "PYTHONPATH": "src"}
    _, libraries = run_measured([sys.executable, "-c", LIBRARIES], env=environment)
    _, peak = run_measured(
        [sys.executable, "-c", LIBRARIES + PICTURES, *arguments], env=environment
    )
    assert peak - libraries < MOST
    assert {path.stem for path in tmp_path.glob("*.png")} >= {"map", "split", "confusion"}
