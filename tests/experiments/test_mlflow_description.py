import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from mlflow.entities import DatasetInput

import hsi
from experiments import mlflow_description
from experiments.mlflow_description import datasets, logged_params, run_name, tags
from hsi.config import Params, load_params
from hsi.cube.pixels import TEST, TRAIN, Pixels
from hsi.files import md5


@pytest.fixture
def data(monkeypatch, tmp_path) -> Path:
    """Files of data, of 3 training pixels of 2 classes and 1 test pixel."""
    sides = np.array([TRAIN, TRAIN, TEST, TRAIN], np.uint8)
    places = np.zeros(4, np.int32)
    pixels = Pixels(places, places, np.array([0, 1, 1, 1], np.int32), sides)
    pixels.save(tmp_path / "pixels.npy")
    (tmp_path / "cube.npy").write_bytes(b"cube")
    monkeypatch.setattr(mlflow_description, "PIXELS", tmp_path / "pixels.npy")
    monkeypatch.setattr(mlflow_description, "CUBE", tmp_path / "cube.npy")
    return tmp_path


@pytest.fixture(autouse=True)
def workspace(monkeypatch) -> None:
    """No DVC experiment that is running."""
    for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def committed(monkeypatch, tmp_path) -> Path:
    """A repository with the params.yaml of this one in its commit."""
    path = tmp_path / "repository"
    path.mkdir()
    (path / "params.yaml").write_text(Path("params.yaml").read_text("utf-8"), "utf-8")
    for command in (
        "init -q",
        "add params.yaml",
        "-c user.name=t -c user.email=t@example.org commit -qm start",
    ):
        subprocess.run(["git", *command.split()], cwd=path, check=True)
    monkeypatch.setenv("DVC_ROOT", str(path))
    monkeypatch.setenv("DVC_EXP_NAME", "bowed-scab")
    return path


def changed(**sections: dict) -> Params:
    content = load_params().model_dump()
    for section, values in sections.items():
        for key, value in values.items():
            if isinstance(value, dict):
                content[section][key] |= value
            else:
                content[section][key] = value
    return Params.model_validate(content)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "hybridsn"),
        ({"model": {"attention": "se", "se": {"reduction": 8}}}, "se reduction=8"),
        ({"model": {"attention": "se"}}, "se"),
        ({"model": {"se": {"reduction": 8}}}, "hybridsn"),  # a block that is not in use
        ({"model": {"name": "svm"}}, "svm"),
        (
            {
                "model": {"name": "svm"},
                "inference": {"smoothing": "random_walker", "random_walker": {"seeds": "training"}},
            },
            "svm random_walker seeds=training",
        ),
        ({"inference": {"box": {"width": 7}}}, "hybridsn"),  # likewise
        ({"split": {"method": "blocks", "blocks": {"side": 12}}}, "blocks side=12"),
        ({"split": {"seed": 7}}, "split.seed=7"),
        ({"train": {"seed": 7, "epochs": 5}}, "train.seed=7 epochs=5"),
        ({"patches": {"window": 11}, "model": {"attention": "eca"}}, "eca window=11"),
    ],
)
def test_a_run_is_called_by_what_it_changes_and_by_dvcs_name(committed, change, name):
    assert run_name(changed(**change)) == f"{name} · bowed-scab"


def test_what_the_commit_holds_already_is_no_change(committed):
    content = yaml.safe_load((committed / "params.yaml").read_text())
    content["model"]["attention"] = "cbam"
    (committed / "params.yaml").write_text(yaml.safe_dump(content))
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qam", "cbam"],
        cwd=committed,
        check=True,
    )
    assert run_name(changed(model={"attention": "cbam"})) == "hybridsn cbam · bowed-scab"
    assert run_name(changed(model={"attention": "none"})) == "none · bowed-scab"


def test_a_run_of_the_workspace_has_its_commit_in_its_name(committed, monkeypatch):
    monkeypatch.delenv("DVC_EXP_NAME")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=committed, capture_output=True)
    assert run_name(load_params()) == f"hybridsn · {head.stdout.decode()[:7]}"


@pytest.mark.parametrize("content", ["", "- a list", "a: [", None])
def test_a_commit_without_parameters_names_the_network(committed, monkeypatch, content):
    monkeypatch.setattr(mlflow_description, "git", lambda *arguments: content or "")
    assert run_name(load_params()) == "hybridsn · bowed-scab"


def test_a_long_list_of_changes_is_cut(committed):
    cost = [float(n) for n in range(1, 200)]
    name = run_name(changed(model={"name": "svm", "svm": {"cost": cost}}))
    assert name.startswith("svm cost=[1.0, 2.0")
    assert name.endswith("… · bowed-scab")
    assert len(name) < 200


def test_a_run_of_the_workspace_leads_back_to_its_commit_and_data(data):
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    found = tags()
    assert found["dvc.baseline_rev"] == found["mlflow.source.git.commit"] == head.stdout.strip()
    assert found["dvc.exp_name"] == "workspace"
    assert found["data.cube_md5"] == md5(data / "cube.npy")
    assert found["data.pixels_md5"] == md5(data / "pixels.npy")
    assert found["hsi.version"] == hsi.__version__
    assert found["mlflow.source.name"] == "dvc repro"
    assert "dvc exp apply" not in found["mlflow.note.content"]


def test_a_run_of_an_experiment_has_its_name_and_its_baseline(data, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "with-cbam")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "c0ffee")
    found = tags()
    assert found["dvc.exp_name"] == "with-cbam"
    assert found["dvc.baseline_rev"] == "c0ffee"
    assert found["mlflow.source.name"] == "dvc exp run"
    assert "`dvc exp apply with-cbam`" in found["mlflow.note.content"]


def test_each_side_of_the_split_is_a_dataset_with_a_digest(data):
    found: dict[str, DatasetInput] = {
        each.tags[0].value: each.dataset for each in datasets(load_params())
    }
    assert list(found) == ["training", "test"]
    assert found["training"].name == "indian_pines training (random, seed 345)"
    assert found["test"].digest == md5(data / "pixels.npy")
    assert json.loads(found["training"].profile) == {"pixels": 3, "classes": 2}
    assert json.loads(found["test"].profile) == {"pixels": 1, "classes": 1}
    assert json.loads(found["test"].source)["cube"]["md5"] == md5(data / "cube.npy")


def test_only_values_that_are_in_use_are_parameters_of_the_run():
    plain = logged_params(load_params())
    assert plain["model.attention"] == "none"
    assert plain["model.attention_at"] == []
    assert plain["model.hybridsn.dropout"] == 0.2
    assert plain["reduce.mnf.ridge"] == 0.001
    assert plain["train.scene.rate"] == 0.004
    unused = ("scene.custom", "split.blocks", "split.file", "reduce.pca", "model.svm", "model.cbam",
              "model.cnn2d", "train.windows")  # fmt: skip
    assert not [key for key in plain if key.startswith(unused)]

    other = logged_params(changed(model={"name": "cnn2d", "attention": "cbam"}))
    assert other["model.attention_at"] == ["conv2d"], "the usual place is written out"
    assert other["model.cbam.kernel"] == 7
    assert "model.hybridsn.dropout" not in other
    assert logged_params(changed(model={"name": "svm"}))["model.svm.folds"] == 5


def test_the_names_of_classes_are_one_parameter():
    custom = {"custom": {"class_names": {3: "water", 7: "roof"}}, "name": "custom"}
    found = logged_params(changed(scene=custom))
    assert found["scene.custom.class_names"] in (
        {3: "water", 7: "roof"},
        {"3": "water", "7": "roof"},
    )
