"""The clones in which benchmarks run whole pipelines."""

from pathlib import Path

import numpy as np
import yaml

from benchmarks import stages
from hsi.config import load_params
from hsi.scene.known import KNOWN


def test_stages_are_those_of_the_clone_in_the_order_of_the_pipeline(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages:\n  fetch: {cmd: x}\n  train: {cmd: y}\n")
    assert stages.stage_names(tmp_path) == ["fetch", "train"]


def test_the_order_of_dvc_yaml_is_that_of_the_pipeline():
    content = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert stages.stage_names(Path()) == list(content)
    written: set[str] = set()
    every = {out for stage in content.values() for out in stage["outs"] if isinstance(out, str)}
    for name, stage in content.items():
        assert every & set(stage["deps"]) <= written, name
        written |= {out for out in stage["outs"] if isinstance(out, str)}


def test_every_stage_runs_in_the_clone_with_the_changed_values(tmp_path, monkeypatch):
    (tmp_path / "dvc.yaml").write_text("stages:\n  fetch: {cmd: x}\n  train: {cmd: y}\n")
    (tmp_path / "params.yaml").write_text("train: {seed: 1, epochs: 2}\n")
    ran = []

    def pretend(command, **options):
        ran.append((command[-1], options["cwd"]))
        return 1.5, 100.0

    monkeypatch.setattr(stages, "run_measured", pretend)
    found = stages.run_stages(tmp_path, {"train": {"seed": 3}})
    assert found == {"fetch": (1.5, 100.0), "train": (1.5, 100.0)}
    assert ran == [("stages.fetch", tmp_path), ("stages.train", tmp_path)]
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    assert params == {"train": {"seed": 3, "epochs": 2}}


def test_the_larger_scene_has_the_size_of_the_public_one_with_the_most_pixels(tmp_path):
    stages.write_large(tmp_path)
    largest = max(KNOWN.values(), key=lambda scene: scene.shape[0] * scene.shape[1])
    assert np.load(tmp_path / "cube.npy", "r").shape == largest.shape
    truth = np.load(tmp_path / "truth.npy")
    assert set(np.unique(truth)) == set(range(10))


def test_the_larger_scene_is_one_that_params_yaml_may_name(tmp_path):
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    for section, values in stages.changes_for_large(Path()).items():
        params[section] |= values
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    assert load_params(tmp_path / "params.yaml").scene.name == "custom"
