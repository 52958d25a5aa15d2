import json
from collections.abc import Callable
from typing import Any

import pytest
from small_classifier import classifier

from hsi.classifier_config import refuse_config
from hsi.inference.box import Box
from hsi.inference.random_walker import RandomWalker


@pytest.fixture
def config(cube, truth) -> dict[str, Any]:
    """As it is read from a file."""
    return json.loads(json.dumps(classifier(cube, truth, smoothing=Box(5)).config()))


def test_the_config_of_every_classifier_passes(cube, truth, config):
    refuse_config(config)
    for name in ("svm", "random_forest", "kernel_ridge", "lda", "knn"):
        refuse_config(json.loads(json.dumps(classifier(cube, truth, name).config())))
    refuse_config(json.loads(json.dumps(classifier(cube, truth, attention="se").config())))


def test_numbers_that_a_smoothing_has_measured_stand_beside_its_settings(cube, truth):
    walker = RandomWalker("none", 1.0, 2.0, 0.5, 1.0, scale=0.25, height=None)
    found = json.loads(json.dumps(classifier(cube, truth, smoothing=walker).config()))
    refuse_config(found)
    found["smoothing"]["settings"]["scale"] = "x"
    with pytest.raises(ValueError, match=r"smoothing\.scale: may be a number \(got 'x'\)"):
        refuse_config(found)


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        *sections, last = path.split(".")
        for section in sections:
            config = config[section]
        config[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("evidence.scores", {}, r"evidence\.scores\.oa: Field required"),
        ("evidence.leak", "all", r"evidence\.leak: Input should be a valid number.*\(got 'all'\)"),
        ("model.shape.components", 10**12, r"model\.shape\.components: .*less than or equal"),
        ("model.shape.window", 10**6, r"model\.shape\.window: .*less than or equal to 999"),
        ("model.settings.dropout", float("nan"), r"dropout: Input should be .*\(got nan\)"),
        ("model.settings.layers", 10**9, r"layers: Extra inputs are not permitted"),
        ("model.name", "os.system", r"model: 'os\.system' may be hybridsn"),
        ("model.attention.name", "\x1b[2J", r"attention: '\\x1b\[2J' may be none, se"),
        ("smoothing.settings", {"width": 10}, "width: .*odd"),
        ("normalise", "x", "normalise: may be none, unit, snv"),
        ("temperature", 0, r"temperature: Input should be greater than 0"),
        ("colours", ["red"] * 4, r"colours\.0: String should match pattern"),
        ("colours", ["#000000"] * 9, r"colours: may have 4 entries \(got 9\)"),
        ("scene.labels", [1, 2], r"scene\.labels: may have 3 entries \(got 2\)"),
        ("scene.class_names", ["a", "b\n", "c"], r"label 2 may hold no control character '\\n'"),
        ("scene.wavelengths", [450.0], r"scene\.wavelengths: may have 24 entries \(got 1\)"),
        ("scene.wavelengths", [], r"scene\.wavelengths: may have 24 entries \(got 0\)"),
        ("scene.wavelengths", [-1.0] * 24, r"scene\.wavelengths: may be numbers above 0"),
        ("scene.transform", "x" * 999, r"scene\.transform: .*tuple"),
    ],
)
def test_what_contradicts_itself_is_one_line_with_the_key(config, path, value, message):
    put(path, value)(config)
    with pytest.raises(ValueError, match=message) as error:
        refuse_config(config)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 600
