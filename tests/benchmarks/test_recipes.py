"""Training as params.yaml says, on what `dvc repro` has left in data/."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks import recipes
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.files import write_array


@pytest.fixture
def results(tmp_path, monkeypatch) -> Path:
    """What the stages leave of a small scene, in the folder where this process stands."""
    shutil.copyfile("params.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    truth = np.repeat([1, 2], 50).reshape(10, 10).astype(np.int32)
    cube = truth + generator.normal(0, 0.1, (13, 10, 10))
    write_array(Path("data/reduced/cube.npy"), cube.astype(np.float32))
    sides = np.where(np.arange(100).reshape(10, 10) % 3, TEST, TRAIN).astype(np.uint8)
    Pixels.of_truth(truth, sides).save(Path("data/split/pixels.npy"))
    write_array(Path("data/split/owner.npy"), np.zeros((10, 10), np.uint8))
    return tmp_path


@pytest.mark.parametrize(("batching", "epochs"), [("scene", 2), ("windows", 1)])
def test_a_network_is_trained_by_either_block_of_params_yaml(
    results, monkeypatch, batching, epochs
):
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    params["patches"]["window"], params["train"]["epochs"] = 9, 2
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    monkeypatch.setattr(recipes, "CLASSIC_EPOCHS", 1)
    cube, pixels = recipes.load_scene(9)
    network, training = recipes.train(cube, pixels, batching, "cpu")
    assert [epoch.number for epoch in training] == list(range(1, epochs + 1))
    assert 0 <= recipes.accuracy_on_test(network, cube, pixels, turns=False) <= 100
    assert recipes.floor_accuracy(pixels) > 80


def test_results_that_are_missing_or_of_another_split_end_with_one_line(results):
    write_array(Path("data/split/owner.npy"), np.ones((10, 10), np.uint8))
    with pytest.raises(SystemExit, match=r"set split\.method=random"):
        recipes.load_scene(9)
    Path("data/reduced/cube.npy").unlink()
    with pytest.raises(SystemExit, match="run `dvc repro`"):
        recipes.load_scene(9)


def test_a_comparator_is_refused(results):
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    params["model"]["name"] = "svm"
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    cube, pixels = recipes.load_scene(9)
    with pytest.raises(SystemExit, match=r"model\.name=svm is a comparator"):
        recipes.train(cube, pixels, "scene", "cpu")
