"""A file is mapped as its array is, whatever its format and its tiles."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import scene_files
from small_classifier import NAMES, classifier

from hsi.inference.to_files import Outputs, predict_to_files
from hsi.networks.memory import MemoryLimits
from hsi.networks.trunk_head import TrunkHead
from hsi.scene.arrays import Source
from hsi.scene.open import open_raster

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.fixture
def scene(cube, truth, monkeypatch):
    """A classifier of four bands, and the scene that it is of, with a hole."""
    monkeypatch.setattr(TrunkHead, "memory_limits", lambda *_: MemoryLimits(50, 8))
    monkeypatch.setattr("hsi.scene.raster.CHUNK", 500)
    four = np.ascontiguousarray(cube[..., 2:22:5]).astype(np.int16)
    trained = classifier(four, truth, turns=True, wavelengths=scene_files.WAVELENGTHS)
    four[4:7, 5:9] = -9999
    return trained, four


def opened(path: Path, trained):
    bands = (len(trained.projection.mean),)
    return open_raster(Source(path, None, "--key"), None, None, bands, "--band-axis")


@pytest.mark.parametrize("name", scene_files.FORMATS)
def test_every_format_gives_the_same_map(scene, tmp_path, name):
    trained, four = scene
    scene_files.FORMATS[name](tmp_path / name, four)
    expected = trained.predict(four, nodata=(-9999.0,))
    outputs = Outputs(
        tmp_path / "map.tif", tmp_path / "c.tif", tmp_path / "p.tif", tmp_path / "m.png"
    )
    nodata = None if "tif" in name or "scene.h5" in name else (-9999.0,)
    predict_to_files(trained, opened(tmp_path / name, trained), outputs, nodata, False, None)
    with rasterio.open(tmp_path / "map.tif") as file:
        labels = np.array([0, 2, 5, 9])[expected.classes]
        assert np.array_equal(file.read(1), labels)
        assert not labels[4:7, 5:9].any()
        placed = name in ("scene.tif", "tiled.tif", "scene.img", "scene.vrt")
        assert (tuple(file.transform)[:6] == scene_files.PLACE) == placed
    with rasterio.open(tmp_path / "p.tif") as file:
        each = file.read()
        assert file.descriptions == NAMES
    with rasterio.open(tmp_path / "c.tif") as file:
        confidence = file.read(1)
    assert np.allclose(confidence, expected.confidence, equal_nan=True)
    assert np.array_equal(np.isnan(each).any(0), labels == 0)
    assert np.allclose(each.sum(0)[labels > 0], 1, atol=1e-5)
    assert (tmp_path / "m.png").is_file()


def test_a_mask_hides_the_map_and_not_the_scene(scene, tmp_path):
    trained, four = scene
    np.save(tmp_path / "a.npy", four)
    wanted = np.zeros(four.shape[:2], bool)
    wanted[10:20, 3:] = True
    raster = opened(tmp_path / "a.npy", trained)
    predict_to_files(
        trained, raster, Outputs(tmp_path / "m.npy", None, None, None), (-9999.0,), False, wanted
    )
    expected = trained.scene.to_labels(trained.predict(four, nodata=(-9999.0,)).classes)
    assert np.array_equal(np.load(tmp_path / "m.npy"), np.where(wanted, expected, 255))


def test_the_no_data_of_the_training_scene_counts_where_the_file_declares_none(scene, tmp_path):
    trained, four = scene
    np.save(tmp_path / "a.npy", four)
    raster = opened(tmp_path / "a.npy", trained)
    outputs = Outputs(tmp_path / "m.npy", None, None, None)
    info = replace(trained.scene, nodata=(-9999.0,))
    _, remark = predict_to_files(replace(trained, scene=info), raster, outputs, None, False, None)
    assert remark.startswith("12 of 546 pixels are without data")


def test_a_failure_leaves_no_file(scene, tmp_path, monkeypatch):
    trained, four = scene
    scene_files.write_geotiff(tmp_path / "a.tif", four)
    raster = opened(tmp_path / "a.tif", trained)
    calls, enough = [], len(raster.windows()) + 1

    def once(self, rows, columns):
        calls.append(rows)
        if len(calls) > enough:
            raise ValueError("a.tif cannot be read: damaged")
        return raster.read_window(rows, columns, list(self.numbers))

    monkeypatch.setattr(type(raster), "read", once)
    out = tmp_path / "out"
    outputs = Outputs(out / "m.tif", out / "c.tif", out / "p.tif", out / "m.png")
    with pytest.raises(ValueError, match="damaged"):
        predict_to_files(trained, raster, outputs, None, False, None)
    assert len(calls) == enough + 1
    assert not list(out.iterdir())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("m.jpg", None, None, None), r"m\.jpg: a map may end in \.tif"),
        (("m.tif", "c.npy", None, None), r"c\.npy: confidence and probabilities may end in \.tif"),
        (("m.tif", None, "p.hdr", None), r"p\.hdr: confidence and probabilities"),
        (("m.tif", None, None, "m.jpg"), r"m\.jpg: the picture may end in \.png"),
        (("m.npy", None, None, "m.png"), r"m\.png: the picture is drawn from a map"),
    ],
)
def test_endings_of_other_formats_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        Outputs(*(None if name is None else Path(name) for name in names))
