"""What people read of a scene and a classifier before anything else."""

from dataclasses import replace

import numpy as np
import scene_files
from small_classifier import classifier

from hsi.describe import describe_classifier, describe_labels, describe_scene, in_columns
from hsi.scene.arrays import Source
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster


def test_a_georeferenced_scene_is_described(tmp_path):
    cube = np.full((6, 8, 4), 100, np.int16)
    cube[..., 3] = np.arange(8)
    cube[:3] = -9999
    lines = (*scene_files.envi_lines(), "bbl = {1, 0, 0, 1}")
    scene_files.write_envi(tmp_path / "a.img", cube, lines=lines)
    raster = open_raster(Source(tmp_path / "a.img", None, ""), None, None, (), "")
    found = dict(describe_scene(raster))
    assert found["size"] == "6 x 8 pixels (height x width), 4 bands, int16"
    assert found["wavelengths"] == "450 to 850 nm"
    assert found["marked bad"] == "2 bands: 1-2 (from 0)"
    assert found["CRS"].startswith("EPSG:32633")
    assert found["pixel"] == "2 x 2 in units of the CRS"
    assert found["no-data"] == "-9999"
    assert found["without data"] == "50.0% of 48 pixels that were looked at"
    assert found["values"].startswith("0 to 100 ")


def test_what_is_unknown_is_said(cube):
    scaled = replace(Raster.of_array(cube), scale=0.0001)
    found = dict(describe_scene(scaled))
    assert found["wavelengths"] == found["CRS"] == "unknown"
    assert found["no-data"] == "none declared"
    assert found["scale"] == "values are multiplied by 0.0001 (+ 0)"
    assert "pixel" not in found
    nothing = dict(describe_scene(Raster.of_array(np.full((2, 2, 3), np.nan))))
    assert "values" not in nothing


def test_labels_are_counted(truth):
    found = dict(describe_labels(truth, truth > 0, {2: "roof"}))
    assert found["labelled"] == f"{(truth > 0).sum()} of 546 pixels"
    assert found["label 2"] == f"{(truth == 2).sum()} pixels  roof"


def test_a_classifier_says_what_it_is_worth(cube, truth):
    found = dict(describe_classifier(classifier(cube, truth, attention="se")))
    assert found["model"] == "cnn2d with se, window 5, 4 components"
    assert found["score"].startswith("OA 98.76%, AA 50.00% on 1,360 test pixels (split random")
    assert found["floor"].startswith("OA 75.00%, AA 40.00%")
    assert found["leak"].startswith("93.0%")
    text = in_columns([("a", "1"), ("long", "2")])
    assert text == "a     1\nlong  2"
