"""Write a class raster that GIS programs open."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int32

from hsi.files import write

COMMA = ";"  # in names, because ENVI's lists have no way to hold a comma


def write_envi(
    header: Path,
    classes: Int32[np.ndarray, "height width"],
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> None:
    """Write an ENVI classification file with class names and colours.

    Source: ENVI header files, https://www.nv5geospatialsoftware.com/docs/enviheaderfiles.html

    Args:
        header: Path of the .hdr, in UTF-8; the raster is written beside it as .img.
        classes: Class of each pixel, 0 for none.
        class_names: Name of each class, from 1; commas in them become semicolons.
        colours: Red, green and blue of each class in [0, 1], class 0 first.
    """
    height, width = classes.shape
    dtype, number = ("u1", 1) if len(class_names) < 255 else ("<u2", 12)
    names = ["Unclassified", *(name.replace(",", COMMA) for name in class_names)]
    lookup = (colours * 255).round().astype(int).ravel().tolist()
    fields = {
        "samples": width,
        "lines": height,
        "bands": 1,
        "header offset": 0,
        "file type": "ENVI Classification",
        "data type": number,
        "interleave": "bsq",
        "byte order": 0,
        "classes": len(names),
        "class lookup": f"{{ {', '.join(map(str, lookup))} }}",
        "class names": f"{{ {', '.join(names)} }}",
    }
    lines = ["ENVI", *(f"{key} = {value}" for key, value in fields.items())]
    write(header.with_suffix(".img"), classes.astype(dtype, "C").data)
    write(header, ("\n".join(lines) + "\n").encode())
