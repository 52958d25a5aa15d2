"""The Item of a classifier has what STAC and its model extension require."""

import copy
import json
import re

import pytest
from small_classifier import NAMES, classifier

import hsi
from hsi.stac import MODEL_EXTENSION, SPECTRAL_EXTENSION, stac_item

NANOMETRES = tuple(400.0 + 10 * band for band in range(24))


@pytest.fixture
def config(cube, truth) -> dict:
    whole = classifier(cube, truth, attention="se", wavelengths=NANOMETRES)
    return json.loads(json.dumps(whole.config()))


def test_it_has_the_fields_that_an_item_must_have(config):
    item = stac_item(config)
    assert (item["type"], item["stac_version"]) == ("Feature", "1.1.0")
    assert item["stac_extensions"] == [MODEL_EXTENSION, SPECTRAL_EXTENSION]
    assert item["id"] == "cnn2d-custom-0123456789ab"
    assert item["geometry"] is None
    assert "bbox" not in item, "which an Item without a geometry must not have"
    assert item["links"] == []
    properties = item["properties"]
    assert properties["datetime"] is None
    assert properties["start_datetime"] < properties["end_datetime"]


def test_it_has_the_fields_that_the_model_extension_requires(config):
    item = stac_item(config)
    properties = item["properties"]
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.\-\s]+[a-zA-Z0-9]", properties["mlm:name"])
    assert properties["mlm:architecture"] == "cnn2d"
    assert properties["mlm:tasks"] == ["semantic-segmentation"]
    assert properties["mlm:framework"] == "PyTorch"
    assert properties["mlm:total_parameters"] == config["parameters"]
    assert properties["mlm:hyperparameters"]["window"] == 5
    models = [each for each in item["assets"].values() if "mlm:model" in each["roles"]]
    assert [each["mlm:artifact_type"] for each in models] == ["safetensors.torch.save"]
    for kind, key in (("mlm:input", "input"), ("mlm:output", "result")):
        for each in properties[kind]:
            assert len(each[key]["shape"]) == len(each[key]["dim_order"])


def test_the_bands_of_the_input_are_described_by_their_wavelengths_in_micrometres(config):
    properties = stac_item(config)["properties"]
    (given,) = properties["mlm:input"]
    assert given["bands"] == [band["name"] for band in properties["bands"]]
    assert given["input"]["shape"] == [-1, -1, 24]
    assert properties["bands"][3] == {"name": "band_3", "eo:center_wavelength": 0.43}
    config["scene"]["bands"] = list(range(5, 29))
    config["scene"]["wavelengths"] = None
    item = stac_item(config)
    assert item["properties"]["bands"][3] == {"name": "band_8"}
    assert item["stac_extensions"] == [MODEL_EXTENSION]


def test_the_classes_have_names_for_machines_titles_for_people_and_colours(config):
    config["scene"]["class_names"][:2] = ["Grass/trees (wet)", "Mänty"]
    outputs = {each["name"]: each for each in stac_item(config)["properties"]["mlm:output"]}
    classes = outputs["classes"]["classification:classes"]
    assert [each["value"] for each in classes] == [0, 1, 2, 3]
    assert [each["name"] for each in classes] == ["no_data", "Grass_trees_wet", "M_nty", NAMES[2]]
    assert [each["title"] for each in classes[1:]] == ["Grass/trees (wet)", "Mänty", NAMES[2]]
    assert [f"#{each['color_hint'].lower()}" for each in classes] == config["colours"]
    assert [each.get("nodata", False) for each in classes] == [True, False, False, False]


def test_the_folder_holds_it_beside_what_it_refers_to(cube, truth, tmp_path):
    classifier(cube, truth, wavelengths=NANOMETRES).save(tmp_path)
    text = (tmp_path / "item.json").read_text(encoding="utf-8")
    for asset in json.loads(text)["assets"].values():
        assert (tmp_path / asset["href"]).is_file()
    hsi.load(tmp_path).save(tmp_path / "again")
    assert (tmp_path / "again/item.json").read_text(encoding="utf-8") == text


def test_it_leaves_its_config_as_it_was(config):
    before = copy.deepcopy(config)
    stac_item(config)
    assert config == before
