import numpy as np
import pytest
import spectral

from hsi.pictures.palette import palette
from hsi.scene.export import write_envi

NAMES = ("wheat", "class 5", "fallow")


def test_the_raster_opens_as_an_envi_classification(tmp_path, truth):
    write_envi(tmp_path / "map" / "classes.hdr", truth, NAMES, palette(3))
    opened = spectral.envi.open(tmp_path / "map" / "classes.hdr")
    assert np.array_equal(opened.read_band(0), truth)
    header = opened.metadata
    assert header["file type"] == "ENVI Classification"
    assert header["class names"] == ["Unclassified", *NAMES]
    colours = np.array(header["class lookup"], int).reshape(-1, 3)
    assert np.array_equal(colours, (palette(3) * 255).round())


@pytest.mark.parametrize(("classes", "dtype"), [(254, np.uint8), (255, None), (256, np.uint16)])
def test_more_classes_than_a_byte_holds_are_written_in_two_bytes(tmp_path, classes, dtype):
    raster = np.array([[0, classes]], np.int32)
    names = tuple(f"class {number}" for number in range(1, classes + 1))
    write_envi(tmp_path / "classes.hdr", raster, names, palette(classes))
    found = spectral.envi.open(tmp_path / "classes.hdr").read_band(0)
    assert dtype is None or found.dtype == dtype  # 255 fit into either
    assert found.tolist() == [[0, classes]]


def test_no_name_shifts_another_and_every_script_is_utf8(tmp_path, truth):
    names = ("Forest, deciduous, old", "forêt = 水稻", "rent $5 to $9; _x_")
    write_envi(tmp_path / "classes.hdr", truth, names, palette(3))
    header = (tmp_path / "classes.hdr").read_text("utf-8")
    assert "{ Unclassified, Forest; deciduous; old, forêt = 水稻, rent $5 to $9; _x_ }" in header
    opened = spectral.envi.open(tmp_path / "classes.hdr")
    assert np.array_equal(opened.read_band(0), truth)
    assert len(opened.metadata["class names"]) == int(opened.metadata["classes"]) == 4
