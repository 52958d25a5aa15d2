import pytest

from hsi.scene.labels.category_names import category_names

XML = """<PAMDataset><PAMRasterBand band="1"><CategoryNames>
<Category>none</Category><Category /><Category> Obst &amp; Wein </Category>
</CategoryNames></PAMRasterBand></PAMDataset>"""


def test_names_are_those_of_the_envi_header(tmp_path):
    tags = {"class_names": "{Unclassified, Corn,  Roof tiles, }", "classes": "4"}
    names = {0: "Unclassified", 1: "Corn", 2: "Roof tiles"}
    assert category_names(tmp_path / "a.img", tags) == names
    assert category_names(tmp_path / "a.img", tags | {"classes": "3"}) == {}, "a comma in a name?"


def test_names_are_those_of_the_file_that_gdal_writes_beside(tmp_path):
    (tmp_path / "a.tif.aux.xml").write_text(XML, encoding="utf-8")
    assert category_names(tmp_path / "a.tif", {}) == {0: "none", 2: "Obst & Wein"}
    assert category_names(tmp_path / "b.tif", {}) == {}


@pytest.mark.parametrize("text", ["", "<PAMDataset>", "<a/>", "<a/>" + " " * 2**20])
def test_a_file_without_names_gives_none(tmp_path, text):
    (tmp_path / "a.tif.aux.xml").write_text(text, encoding="utf-8")
    assert category_names(tmp_path / "a.tif", {}) == {}
