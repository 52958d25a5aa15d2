import csv
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import spectral.io.envi
from matplotlib.figure import Figure

from experiments.mlflow_names import metric_names
from hsi.card import escaped
from hsi.files import write_table
from hsi.maps.classes import new_class_map
from hsi.maps.qgis import style
from hsi.pictures.palette import palette
from hsi.pictures.text import literal
from hsi.scene.grid import Grid
from hsi.scene.labels.category_names import category_names
from hsi.scene.names import refuse_names
from hsi.stac import _classes

# What a stranger may call a class, and every writer shows as it is.
STRANGE = (
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "C:\\temp\\x",
    "rent $5 to $9, $x_$",
    "a \"quoted\"; 'b'",
    "&amp; | ` * _ # [x](y)",
    "\u6c34\u7a3b \U0001f33e",
    "\u05d0\u05d1",
    "100 %s %(x)s",
    "null",
    "x" * 100,
    "-",
    "-9999",
    "...",
)
COLOURS = palette(len(STRANGE))


def test_strange_text_is_a_name():
    refuse_names(dict(enumerate(STRANGE)), "a.csv")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\nb", r"may hold no control character '\\n'"),
        ("a\x1b[2J", r"may hold no control character '\\x1b'"),
        ("a\0", r"may hold no control character '\\x00'"),
        ("a\u202eb", r"may hold no control character '\\u202e'"),
        ("a\ud800", r"may hold no control character '\\ud800'"),
        ("a{b", "may hold no braces"),
        (" ", "may not be empty"),
        ("x" * 101, "may have at most 100 characters, it has 101"),
        ("=cmd|' /C calc'!A0", "may not begin with '=', which a spreadsheet would compute"),
        ("@SUM(1)", "may not begin with '@'"),
        ("-2+3+cmd", "may not begin with '-'"),
        ("+1a", r"may not begin with '\+'"),
    ],
)
def test_what_no_writer_could_show_is_refused_with_label_file_and_reason(name, message):
    with pytest.raises(ValueError, match=rf"^a\.csv: the name of label 7 {message}") as error:
        refuse_names({7: name}, "a.csv")
    assert str(error.value).isprintable()


@pytest.mark.parametrize("ending", [".tif", ".hdr"])
def test_maps_for_a_gis_have_the_names(tmp_path, ending):
    path = tmp_path / f"map{ending}"
    labels = tuple(range(1, len(STRANGE) + 1))
    with new_class_map(path, Grid(2, 3, None, None), labels, STRANGE, COLOURS) as put:
        put(slice(0, 2), slice(0, 3), np.ones((2, 3), np.int32))
    assert all(file.parent == tmp_path for file in tmp_path.rglob("*"))
    if ending == ".tif":
        assert tuple(category_names(path, {}).values())[1:] == STRANGE
    else:
        names = spectral.io.envi.read_envi_header(path)["class names"]
        assert [each.replace(";", ",") for each in names[1:]] == [
            each.replace(";", ",") for each in STRANGE
        ]


def test_the_style_for_qgis_is_xml_with_the_names():
    tree = ElementTree.fromstring(style(tuple(range(1, len(STRANGE) + 1)), STRANGE, COLOURS))
    assert tuple(each.get("label") for each in tree.iter("paletteEntry"))[1:] == STRANGE


def test_tables_give_the_names_back(tmp_path):
    write_table(tmp_path / "a.csv", [{"class": name, "recall": 0.5} for name in STRANGE])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(row["class"] for row in csv.DictReader(file)) == STRANGE


def test_metrics_of_mlflow_have_names_that_it_takes_and_that_make_no_folder():
    names = metric_names(STRANGE)
    assert len(set(names)) == len(STRANGE)
    for name in names:
        assert re.fullmatch(r"[\w\-. ]+", name)
        assert ".." not in name.split("/")


def test_a_model_card_shows_the_names_in_their_cells():
    for name in STRANGE:
        shown = escaped(name)
        assert re.sub(r"\\([\\`*_\[\]<>|#~$&])", r"\1", shown) == name
        assert not re.search(r"(?<!\\)(?:\\\\)*[<|`]", shown)


def test_an_item_for_catalogues_has_machine_names_and_titles():
    colours = ["#000000"] * (len(STRANGE) + 1)
    classes = _classes({"scene": {"class_names": STRANGE}, "colours": colours})
    again = json.loads(json.dumps(classes))
    assert tuple(each["title"] for each in again[1:]) == STRANGE
    assert all(re.fullmatch(r"[0-9A-Za-z_-]+", each["name"]) for each in again)


def test_pictures_draw_the_names_and_no_formula():
    figure = Figure()
    axes = figure.subplots()
    axes.set_yticks(range(len(STRANGE)), STRANGE)
    axes.set_title("$x_{$")
    with literal(figure):
        figure.canvas.draw()
    assert [each.get_text() for each in axes.get_yticklabels()] == list(STRANGE)
