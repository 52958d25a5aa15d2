"""The classifier: its folder, what it refuses, and that it says what the pipeline says."""

import io
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from small_classifier import classifier

import hsi
from hsi.classifier import Classifier
from hsi.cube.padded import PaddedCube
from hsi.files import md5
from hsi.inference.box import Box
from hsi.inference.prediction import Prediction
from hsi.inference.random_walker import RandomWalker
from hsi.inference.scene import predict_scene
from hsi.inference.smoothing import NoSmoothing
from hsi.scene.matching import SAME_BAND
from hsi.tensors import read_tensors, write_tensors

BANDS = 24
WALKER = RandomWalker("none", sharpness=2.0, gamma=0.05, beta=1.0, borders=0.0, scale=3.0)
NANOMETRES = tuple(400.0 + 10 * band for band in range(BANDS))


@pytest.fixture
def folder(cube, truth, tmp_path) -> Path:
    classifier(cube, truth, wavelengths=NANOMETRES).save(tmp_path / "saved")
    return tmp_path / "saved"


def same(left: Prediction, right: Prediction) -> bool:
    names = ("classes", "confidence", "entropy")
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in names)


@pytest.mark.parametrize(
    ("name", "attention", "turns"),
    [("cnn2d", "none", False), ("cnn2d", "se", True), ("svm", "none", False)],
)
def test_a_classifier_survives_its_folder_bit_for_bit(
    cube, truth, tmp_path, name, attention, turns
):
    before = classifier(cube, truth, name, attention, turns)
    before.save(tmp_path / "one")
    after = hsi.load(tmp_path / "one")
    assert after.config() == before.config()
    assert (after.recipe, after.scene) == (before.recipe, before.scene)
    assert not after.model.training
    for key, value in before.model.state_dict().items():
        assert torch.equal(value, after.model.state_dict()[key]), key
    assert same(after.predict(cube), before.predict(cube))
    after.save(tmp_path / "two")
    for file in ("model.safetensors", "config.json", "item.json", "README.md"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("name", ["cnn2d", "svm"])
@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize(
    "smoothing", [NoSmoothing(), Box(3), WALKER], ids=["none", "box", "walker"]
)
def test_it_says_what_the_stages_of_the_pipeline_say(cube, truth, name, turns, smoothing):
    """`infer` runs on a cube that is padded for `patches.window`, also for an SVM."""
    whole = classifier(cube, truth, name, turns=turns, smoothing=smoothing)
    padded = PaddedCube.of(whole.projection.apply(cube), None, 5)
    everywhere, nothing = np.ones(truth.shape, bool), np.zeros(truth.shape, np.int32)
    expected, _ = predict_scene(whole.model, padded, everywhere, nothing, None, whole.how)
    found = whole.predict(cube)
    assert same(found, expected)
    assert found.classes.shape == truth.shape
    assert set(np.unique(found.classes)) <= {1, 2, 3}


def test_a_fitted_classifier_is_right_on_its_own_scene(cube, truth):
    found = classifier(cube, truth, "svm").predict(cube)
    assert (found.classes == truth)[truth > 0].mean() > 0.95


def test_a_scene_of_another_size_and_number_type_is_classified(cube, truth):
    whole = classifier(cube, truth)
    assert same(whole.predict(cube.astype(np.float64)), whole.predict(cube))
    assert whole.predict(cube[:2, :3]).classes.shape == (2, 3)


def test_the_temperature_changes_confidence_and_no_class(cube, truth):
    whole = classifier(cube, truth)
    plain = replace(whole, how=replace(whole.how, temperature=1.0)).predict(cube)
    found = whole.predict(cube)
    assert np.array_equal(found.classes, plain.classes)
    assert (found.confidence < plain.confidence).all()
    assert (found.entropy > plain.entropy).all()


@pytest.mark.parametrize("bands", [BANDS - 1, BANDS + 1])
def test_another_number_of_bands_is_refused(cube, truth, bands):
    other = np.resize(cube, (*cube.shape[:2], bands))
    with pytest.raises(ValueError, match=f"needs {BANDS} bands, the cube has {bands}") as error:
        classifier(cube, truth).predict(other)
    assert len(str(error.value).splitlines()) == 1


def test_bands_at_other_wavelengths_are_refused_by_the_first_of_them(cube, truth):
    whole = classifier(cube, truth, wavelengths=NANOMETRES)
    moved = list(NANOMETRES)
    moved[3] += SAME_BAND + 1
    moved[7] += SAME_BAND + 2
    with pytest.raises(
        ValueError,
        match=r"^band 3 \(from 0\) of the classifier is at 430 nm, .* at 436 nm; with --resample",
    ):
        whole.predict(cube, tuple(moved))
    with pytest.raises(ValueError, match="has 24 bands and 23 wavelengths"):
        whole.predict(cube, NANOMETRES[1:])


def test_bands_at_nearly_the_same_or_unknown_wavelengths_are_taken(cube, truth):
    whole = classifier(cube, truth, wavelengths=NANOMETRES)
    expected = whole.predict(cube, NANOMETRES)
    nearly = tuple(each + SAME_BAND for each in NANOMETRES)
    assert same(whole.predict(cube, nearly), expected)
    assert same(whole.predict(cube), expected)
    unknown = classifier(cube, truth)
    assert same(unknown.predict(cube, NANOMETRES), expected)


@pytest.mark.parametrize("name", ["cnn2d", "svm"])
@pytest.mark.parametrize(("value", "nodata"), [(np.nan, None), (0, None), (-9999, (-9999.0,))])
def test_pixels_without_data_get_no_class(cube, truth, name, value, nodata):
    holed = cube.astype(float)
    holed[:3] = value
    found = classifier(cube, truth, name).predict(holed, nodata=nodata)
    assert not found.classes[:3].any()
    assert np.isnan(found.confidence[:3]).all()
    assert np.isnan(found.entropy[:3]).all()
    assert found.classes[3:].all()
    assert np.isfinite(found.confidence[3:]).all()
    if name == "svm":
        assert np.array_equal(
            found.classes[3:], classifier(cube, truth, name).predict(cube).classes[3:]
        )


def test_a_value_that_can_be_no_measurement_is_named(cube, truth):
    broken = cube.astype(float)
    broken[3, 4, 5] = np.inf
    whole = classifier(cube, truth)
    with pytest.raises(ValueError, match=r"inf at row 3, column 4, band 5 .*declare it as nodata"):
        whole.predict(broken)


class Trap:
    """Unpickling it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("place", ["model.safetensors", "config.json", "."])
@pytest.mark.parametrize("save", [pickle.dump, torch.save])
def test_a_pickle_is_refused_in_one_line_and_not_executed(folder, tmp_path, place, save):
    target = folder / place
    if place == ".":
        target = folder = tmp_path / "model.pt"
    with target.open("wb") as file:
        save(Trap(tmp_path / "executed"), file)
    with pytest.raises((ValueError, FileNotFoundError), match=folder.name) as error:
        hsi.load(folder)
    assert len(str(error.value).splitlines()) == 1
    assert not (tmp_path / "executed").exists()
    execute = pickle.load if save is pickle.dump else partial(torch.load, weights_only=False)
    execute(io.BytesIO(target.read_bytes()))
    assert (tmp_path / "executed").exists(), "the trap works where it is stepped on"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere holds no classifier: config\.json"):
        hsi.load(tmp_path / "nowhere")


def changed(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a config.json, and let the weights name its digest as `save` does."""
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    tensors, _ = read_tensors(folder / "model.safetensors")
    write_tensors(
        folder / "model.safetensors", tensors, {"config_md5": md5(folder / "config.json")}
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config.update(format=0), r"is of format 0, and this version reads 7"),
        (
            lambda config: config.update(format=["\n"] * 99),
            r"is of format \['\\n', .{0,40}\.\.\., and",
        ),
        (lambda config: config.update(format="a\nb"), r"is of format a b, and this version"),
        (lambda config: config.pop("format"), r"is of format None, and this version reads 7"),
        (lambda config: config.pop("scene"), r"cannot be read as a classifier: .*scene"),
        (lambda config: config["scene"].update(colour="red"), r"as a classifier: .*colour"),
        (lambda config: config["model"].update(name="cnn9d"), r"as a classifier: .*cnn9d"),
        (
            lambda config: config["model"]["shape"].update(classes=4),
            r"scene\.labels: may have 4 entries",
        ),
    ],
)
def test_a_config_that_does_not_fit_is_one_line(folder, change, message):
    changed(folder, change)
    with pytest.raises(ValueError, match=message) as error:
        hsi.load(folder)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("content", [b"[1]", b"{", b"", b"\xff{}"])
def test_a_config_that_is_no_config_is_named(folder, content):
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json is broken"):
        hsi.load(folder)


def test_a_bit_that_flips_in_a_classifier_is_found_and_its_file_is_named(folder):
    for name in ("model.safetensors", "config.json"):
        whole = (folder / name).read_bytes()
        for place in range(len(whole) // 7, len(whole), len(whole) // 7):
            broken = bytearray(whole)
            broken[place] ^= 1
            (folder / name).write_bytes(broken)
            with pytest.raises(ValueError, match=rf"{name} is (damaged|broken)|is of format"):
                hsi.load(folder)
        (folder / name).write_bytes(whole)
    hsi.load(folder)


def test_weights_that_are_cut_short_or_missing_are_one_line(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged"):
        hsi.load(folder)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match=r"no classifier: model\.safetensors is missing"):
        hsi.load(folder)


def test_card_config_and_version_agree(folder):
    config = json.loads((folder / "config.json").read_text())
    assert config["hsi_version"] == hsi.__version__
    card = (folder / "README.md").read_text()
    assert f"trained with hsi {hsi.__version__}." in card
    (result,) = yaml.safe_load(card.split("---")[1])["model-index"][0]["results"]
    for metric in result["metrics"]:
        assert metric["value"] == config["evidence"]["scores"][metric["type"]]
    assert config["bands"] == BANDS
    loaded = hsi.load(folder)
    assert config["parameters"] == sum(each.numel() for each in loaded.model.parameters())


def test_importing_hsi_and_checking_params_yaml_does_not_import_torch():
    code = "import sys, hsi, hsi.config; hsi.config.load_params(); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": "src"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "False\n"


def test_the_names_of_the_package_are_those_of_the_classifier():
    assert hsi.Classifier is Classifier
    assert set(hsi.__all__) == {"Classifier", "load", "__version__"}
    with pytest.raises(AttributeError, match="'hsi' has no attribute 'lod'"):
        _ = hsi.lod
