import copy
import re

import pytest
import yaml
from small_classifier import classifier

from hsi.card import escaped, model_card


@pytest.fixture
def config(cube, truth) -> dict:
    return copy.deepcopy(classifier(cube, truth, attention="se").config())


def front(card: str) -> dict:
    """The YAML at the head of a card."""
    _, head, _ = card.split("---\n", 2)
    return yaml.safe_load(head)


def test_the_head_holds_the_scores_where_the_hub_looks_for_them(config):
    (entry,) = front(model_card(config))["model-index"]
    assert entry["name"] == "cnn2d on custom"
    (result,) = entry["results"]
    metrics = {each["type"]: each["value"] for each in result["metrics"]}
    assert metrics == {"oa": 0.9876, "aa": 0.5, "kappa": 0.25}


def test_the_head_says_what_the_hub_sorts_models_by(config):
    head = front(model_card(config))
    assert head["library_name"] == "hsi"
    assert head["pipeline_tag"] == "image-segmentation"
    assert head["license"] == "unknown"
    assert "datasets" not in head, "nobody knows `custom`"
    assert {"hyperspectral", "cnn2d"} <= set(head["tags"])
    config["scene"]["name"] = "salinas"
    head = front(model_card(config))
    assert head["datasets"] == ["salinas"]
    (result,) = head["model-index"][0]["results"]
    assert result["task"]["type"] == head["pipeline_tag"]
    assert result["dataset"] == {
        "type": "salinas",
        "name": "salinas",
        "split": "test of random, seed 345",
    }


def test_the_text_gives_scores_with_the_floor_and_the_conditions(config):
    card = model_card(config)
    assert "| this classifier | 98.76% | 50.00% | 0.2500 |" in card
    assert "| floor | 75.00% | 40.00% | 0.2000 |" in card
    assert "On 1,360 test pixels of one split (`split.method: random`, seed\n345; 40 train" in card
    assert "inductive" in card
    assert "93% of the test pixels lie inside training windows" in card


def test_every_class_has_its_label_and_its_colour(config):
    lines = model_card(config).splitlines()
    for label, name, colour in zip(
        (2, 5, 9), ("wheat", "class 5", "fallow"), config["colours"][1:], strict=True
    ):
        assert f"| {label} | {name} | {colour} |" in lines


def test_it_says_what_the_model_reads_and_where_it_comes_from(config):
    card = model_card(config)
    assert "24 bands (of unknown wavelengths) in digital numbers" in card
    assert "`cnn2d`, attention `se`, window\n  5, 4 components;\n  md5 `0123456789abcdef`" in card
    assert "md5 of the cube `fedcba9876543210`" in card
    assert "Commit: `c0ffee`" in card
    assert "Cite: unknown. Licence of the data: CC0." in card
    config["scene"]["wavelengths"] = [400.0, 812.5]
    assert "(from 400 to 812.5 nm)" in model_card(config)


def test_an_undefined_score_is_called_so_and_left_out_of_the_head(config):
    config["evidence"]["scores"]["kappa"] = None
    card = model_card(config)
    assert "| this classifier | 98.76% | 50.00% | undefined |" in card
    metrics = front(card)["model-index"][0]["results"][0]["metrics"]
    assert [each["type"] for each in metrics] == ["oa", "aa"]


@pytest.mark.parametrize("name", ["a|b", "||", "*a*", "_a_", "`a`", "[a](b)", "<b>", "a\\", "$x$"])
def test_a_name_is_shown_as_it_is_in_its_cell(config, name):
    config["scene"]["class_names"] = (name, *config["scene"]["class_names"][1:])
    (row,) = [line for line in model_card(config).splitlines() if escaped(name) in line]
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", row.replace(escaped(name), "name"))
    assert len(cells) == 5
    assert re.sub(r"\\(.)", r"\1", escaped(name)) == name
    assert "|" not in re.sub(r"\\.", "", escaped(name))


def test_it_says_whose_scores_they_are(config):
    plain = model_card(config)
    assert "without them" not in plain
    assert "trained on all" not in plain
    config["evidence"] |= {
        "regime": "transductive",
        "trained_on": "all",
        "delivered_pixels": 10249,
    }
    card = model_card(config)
    assert "the classifier smooths without them" in card
    assert "trained on all 10,249 labelled pixels" in card
    assert "training pixels); transductive." in card
