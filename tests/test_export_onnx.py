"""A classifier as ONNX says what it says in Python, on scenes of any size."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jaxtyping
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from examples import recipe
from small_classifier import EVIDENCE, NAMES, classifier

import hsi
from hsi.choices import COMPARATORS
from hsi.classifier import Classifier
from hsi.export_onnx import OPSET, export_onnx
from hsi.inference.box import Box
from hsi.model import build_model
from hsi.scene.raster import Raster

SIZES = ((26, 21), (3, 17))  # neither is that of the scene that the export traces


def of_network(whole: Classifier, name: str, **changes) -> Classifier:
    """The classifier with an untrained network, whose answers a low temperature sets apart."""
    made = recipe(name, **{"components": 4, "window": 5, "classes": 3, **changes})
    torch.manual_seed(0)
    model = build_model(made).eval()
    for each in model.modules():
        if isinstance(each, torch.nn.modules.batchnorm._BatchNorm):
            each.running_mean.uniform_(-0.1, 0.1)
            each.running_var.uniform_(0.5, 2)
    return replace(whole, model=model, recipe=made, how=replace(whole.how, temperature=0.05))


def in_python(whole: Classifier, cube: np.ndarray) -> np.ndarray:
    """(height, width, classes) of the classifier itself."""
    found = np.empty((*cube.shape[:2], len(whole.scene.class_names)), np.float32)
    valid = ~np.isnan(cube).any(-1)
    for rows, columns, part in whole.probabilities(Raster.of_array(cube), valid):
        found[rows, columns] = part
    return found


def in_onnx(path: Path, cube: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path)
    return session.run(["probability"], {"cube": cube.astype(np.float32)})[0]


@pytest.fixture
def export(monkeypatch, tmp_path) -> Callable[[Classifier], Path]:
    """Write a classifier as ONNX; torch cannot trace the checks of annotations."""

    def write(whole: Classifier) -> Path:
        with monkeypatch.context() as patch:
            patch.setattr(jaxtyping.config, "jaxtyping_disable", True)
            export_onnx(whole, tmp_path / "model.onnx")
        return tmp_path / "model.onnx"

    return write


def assert_same(whole: Classifier, cube: np.ndarray, path: Path) -> None:
    for height, width in SIZES:
        expected = in_python(whole, cube[:height, :width])
        found = in_onnx(path, cube[:height, :width])
        assert found.shape == expected.shape
        assert np.ptp(expected) > 0.01, "the network does not say the same of all pixels"
        assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("cnn2d", {"attention": "strip"}),
        ("cnn3d", {"attention": "se"}),
        ("hybridsn", {"components": 13, "window": 9, "attention": "cbam", "at": ["conv2d"]}),
        ("hybridsn", {"components": 13, "window": 9, "attention": "nonlocal", "at": ["conv3d"]}),
        ("mobilenet_v2", {"attention": "eca"}),
    ],
)
def test_a_network_says_the_same(cube, truth, export, name, changes):
    whole = of_network(
        classifier(cube, truth, components=changes.get("components", 4)), name, **changes
    )
    assert_same(whole, cube, export(whole))


@pytest.mark.parametrize("name", COMPARATORS)
def test_a_comparator_says_the_same(cube, truth, export, name):
    whole = classifier(cube, truth, name, turns=True)
    assert_same(whole, cube, export(whole))


@pytest.mark.parametrize("normalise", ["unit", "snv"])
def test_spectra_are_normalised_as_in_python(cube, truth, export, normalise):
    whole = classifier(cube, truth, "svm", normalise=normalise)
    assert_same(whole, cube, export(whole))


def test_the_file_holds_no_smoothing_and_says_so(cube, truth, export):
    smoothed = classifier(cube, truth, "svm", smoothing=Box(3))
    plain = classifier(cube, truth, "svm")
    file = export(smoothed)
    said = {each.key: json.loads(each.value) for each in onnx.load(file).metadata_props}
    assert (said["smoothing"], said["temperature"]) == ("none", 1.0)
    assert_same(replace(plain, how=replace(plain.how, temperature=1.0)), cube, file)


def test_symmetries_are_averaged_as_in_python(cube, truth, export):
    whole = classifier(cube, truth, turns=True)
    one_way = replace(whole, how=replace(whole.how, turns=False))
    assert np.abs(in_python(whole, cube) - in_python(one_way, cube)).max() > 0.01
    assert_same(whole, cube, export(whole))


def test_a_pixel_without_data_has_no_answer_and_is_the_mean_to_others(cube, truth, export):
    whole = of_network(classifier(cube, truth), "cnn2d", batch_norm=False)
    holed = cube.astype(np.float32)
    holed[4, 5, 7] = np.nan
    found = in_onnx(export(whole), holed)
    assert np.argwhere(np.isnan(found).any(-1)).tolist() == [[4, 5]]
    expected = in_python(whole, holed)
    expected[4, 5] = np.nan
    assert np.allclose(found, expected, atol=1e-4, equal_nan=True)


def test_the_file_says_what_its_classes_are_and_what_it_is_worth(cube, truth, export):
    file = export(classifier(cube, truth, wavelengths=tuple(400.0 + 10 * k for k in range(24))))
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    assert [each.version for each in model.opset_import if not each.domain] == [OPSET]
    said = {each.key: json.loads(each.value) for each in model.metadata_props}
    assert said["class_names"] == list(NAMES)
    assert said["labels"] == [2, 5, 9]
    assert said["wavelengths"][:2] == [400.0, 410.0]
    assert (said["window"], said["nodata"], said["hsi_version"]) == (5, None, hsi.__version__)
    assert {key: said[key] for key in EVIDENCE} == EVIDENCE
    assert said["cube"].startswith("float32 (height, width, bands)")
    session = onnxruntime.InferenceSession(file)
    (cube_in,), (probability,) = session.get_inputs(), session.get_outputs()
    assert (cube_in.name, cube_in.shape) == ("cube", ["height", "width", 24])
    assert (probability.name, probability.shape) == ("probability", ["height", "width", 3])


def test_the_same_classifier_gives_the_same_bytes_without_paths_of_this_machine(
    cube, truth, export
):
    first = export(classifier(cube, truth)).read_bytes()
    assert export(classifier(cube, truth)).read_bytes() == first
    assert str(Path(__file__).parents[1]).encode() not in first
    assert b"site-packages" not in first


def test_a_missing_package_is_one_line_that_names_the_extra(cube, truth, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ValueError, match=r"needs onnxscript: .*hyperspectral-classifier\[onnx\]"):
        export_onnx(classifier(cube, truth), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_weights_beyond_the_limit_and_another_ending_are_refused(
    cube, truth, tmp_path, monkeypatch
):
    whole = classifier(cube, truth)
    with pytest.raises(ValueError, match=r"model\.pt: .* may end in \.onnx"):
        export_onnx(whole, tmp_path / "model.pt")
    monkeypatch.setattr(hsi.export_onnx, "LARGEST", 1000)
    with pytest.raises(ValueError, match=r"model\.onnx: an ONNX file holds at most 2 GiB"):
        export_onnx(whole, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
