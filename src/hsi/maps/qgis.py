"""The style of a class map for QGIS, which applies it to the raster of the same name."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np
from jaxtyping import Float

from hsi.maps.legend import NO_CLASS, one_line
from hsi.pictures.palette import hexadecimal


def style(
    values: tuple[int, ...],
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> bytes:
    """Return a QGIS style (.qml) of "paletted/unique values"; value 0 is transparent.

    Source: QgsPalettedRasterRenderer::writeXml,
    https://github.com/qgis/QGIS/blob/master/src/core/raster/qgspalettedrasterrenderer.cpp

    Args:
        values: Value of each class in the raster.
        class_names: Name of each class.
        colours: Red, green and blue of each class in [0, 1], class 0 (none) first.
    """
    document = Element("qgis", version="3.22", styleCategories="Symbology")
    pipe = SubElement(document, "pipe")
    renderer = SubElement(
        pipe, "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1"
    )
    palette = SubElement(renderer, "colorPalette")
    names = [NO_CLASS, *map(one_line, class_names)]
    for value, name, colour in zip([0, *values], names, hexadecimal(colours), strict=True):
        alpha = "255" if value else "0"
        SubElement(palette, "paletteEntry", value=str(value), color=colour, alpha=alpha, label=name)
    SubElement(document, "blendMode").text = "0"
    indent(document)
    doctype = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return doctype + tostring(document, "utf-8") + b"\n"
