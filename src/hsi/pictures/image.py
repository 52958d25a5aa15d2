"""A class map as a plain image: one pixel a pixel, transparent where there is no class."""

import io
import warnings
from pathlib import Path

import matplotlib.image
import numpy as np
import rasterio
from jaxtyping import UInt8
from rasterio.errors import NotGeoreferencedWarning

from hsi.files import write

LARGEST_IMAGE = 4000  # pixels a side


def write_image(path: Path, geotiff: Path) -> None:
    """Draw a class map that `hsi.maps.geotiff` has written, in its colours.

    Of a map that is higher or wider than 4,000 pixels, an overview is drawn: each of its pixels has
    the most frequent class of 2 x 2, 4 x 4, ... pixels. Long strips have too few overviews; every
    second, third, ... pixel of these is drawn.

    Args:
        path: The .png; the same map gives the same bytes.
        geotiff: The map.

    Raises:
        ValueError: If the raster has no colours of classes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(geotiff) as opened:
            colours = _colours(opened)
            factor = -(-max(opened.shape) // LARGEST_IMAGE)
            enough = [level for level, each in enumerate(opened.overviews(1)) if each >= factor]
        options = {"overview_level": enough[0]} if factor > 1 and enough else {}
        with rasterio.open(geotiff, **options) as opened:
            values = opened.read(1)
    thin = slice(None, None, -(-max(values.shape) // LARGEST_IMAGE))
    image = colours[values[thin, thin]]
    buffer = io.BytesIO()
    matplotlib.image.imsave(buffer, image, format="png", metadata={"Software": ""})
    write(path, buffer.getbuffer())


def _colours(raster: rasterio.DatasetReader) -> UInt8[np.ndarray, "values 4"]:
    """Return red, green, blue and opacity of each value; that of no-data is 0."""
    try:
        return np.array(list(raster.colormap(1).values()), np.uint8)
    except ValueError as error:  # rasterio's own does not name the file
        raise ValueError(f"{raster.name} has no colours of classes") from error
