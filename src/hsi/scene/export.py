"""Write a class raster that GIS programs open."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int32
from spectral.io import envi


def write_envi(
    header: Path,
    classes: Int32[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> None:
    """Write an ENVI classification file with class names and colours.

    Args:
        header: Path of the .hdr; the raster is written beside it as .img.
        classes: Class of each pixel, 0 for none.
        class_names: Name of each class, from 1.
        colours: Red, green and blue of each class in [0, 1], class 0 first.
    """
    header.parent.mkdir(parents=True, exist_ok=True)
    envi.save_classification(
        str(header),
        classes.astype(np.uint8 if len(class_names) < 255 else np.uint16),
        force=True,
        ext="img",
        class_names=["Unclassified", *class_names],
        class_colors=(colours * 255).round().astype(int).tolist(),
    )
