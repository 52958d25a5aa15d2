from xml.etree.ElementTree import fromstring

import numpy as np

from hsi.maps.qgis import style
from hsi.pictures.palette import hexadecimal, palette

NAMES = ("a, b", "<é> & 'x' \"y\"", "水\n稻")


def test_each_value_has_its_colour_and_name_and_no_class_is_transparent():
    document = fromstring(style((2, 300, 9), NAMES, palette(3)))
    renderer = document.find("pipe/rasterrenderer")
    assert (renderer.get("type"), renderer.get("band")) == ("paletted", "1")
    entries = [dict(entry.attrib) for entry in renderer.iter("paletteEntry")]
    assert [entry["value"] for entry in entries] == ["0", "2", "300", "9"]
    assert [entry["label"] for entry in entries] == ["Unclassified", *NAMES[:2], "水 稻"]
    assert [entry["color"] for entry in entries] == hexadecimal(palette(3))
    assert [entry["alpha"] for entry in entries] == ["0", "255", "255", "255"]


def test_colours_are_rounded_as_in_the_raster():
    (_, entry) = fromstring(style((1,), ("a",), np.array([[0, 0, 0], [1, 0.5, 0.999]]))).iter(
        "paletteEntry"
    )
    assert entry.get("color") == "#ff80ff"
