import numpy as np
import pytest
import spectral.io.envi

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


@pytest.mark.parametrize(
    ("name", "written"),
    [("Forest, deciduous", "Forest; deciduous"), (",", ";"), (", first", "; first")]
    + [(name, name) for name in ("forêt", "水稻", "a = b", "; c", "$x$", "_road", "Roads/", "\\")],
)
def test_names_never_shift_in_the_header(tmp_path, name, written):
    write_envi(
        tmp_path / "classes.hdr", np.array([[3, 0]], np.int32), (name, "b", name), palette(3)
    )
    assert {each.name for each in tmp_path.iterdir()} == {"classes.hdr", "classes.img"}
    text = (tmp_path / "classes.hdr").read_text(encoding="utf-8")
    assert f"Unclassified, {written}, b, {written} }}" in text
    opened = spectral.io.envi.open(tmp_path / "classes.hdr")
    assert opened.metadata["class names"] == ["Unclassified", written, "b", written]
    assert opened.metadata["classes"] == "4"
    assert opened.read_band(0).tolist() == [[3, 0]]


def test_the_raster_is_written_in_rows_whatever_its_order_in_memory(tmp_path):
    classes = np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3))
    write_envi(tmp_path / "classes.hdr", classes, tuple("abcde"), palette(5))
    assert (tmp_path / "classes.img").read_bytes() == bytes(range(6))
