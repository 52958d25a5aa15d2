"""Class maps as ENVI classification files of any size, written in parts."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from jaxtyping import Float, Int32
from rasterio.errors import NotGeoreferencedWarning

from hsi.files import named_in_errors, new_files
from hsi.maps.legend import NO_CLASS, one_line, smallest_type
from hsi.maps.raw import fill_raw, write_part
from hsi.scene.grid import Grid

NO_COMMAS = str.maketrans({",": ";", "{": "(", "}": ")"})  # ENVI's lists cannot hold them in names
DATA_TYPES = {"|u1": 1, "<u2": 12}  # ENVI's numbers for NumPy's types


@contextmanager
def new_class_envi(
    header: Path,
    grid: Grid,
    class_names: tuple[str, ...],
    colours: Float[np.ndarray, "classes_and_none 3"],
) -> Iterator[Callable[[slice, slice, np.ndarray], None]]:
    """Write an ENVI classification file with class names and colours.

    The context is a function that takes the rows and columns of a window and its classes, int32 of
    shape (some rows, some columns), from 1, or 0 for none. Windows come in any order, and what is
    never given has no class. ENVI counts classes, so labels of the user are not in this file.

    Source: ENVI header files, https://www.nv5geospatialsoftware.com/docs/enviheaderfiles.html

    Args:
        header: Path of the .hdr, in UTF-8; the raster is written beside it as .img.
        grid: Size and place of the map.
        class_names: Name of each class; commas and braces become semicolons and parentheses.
        colours: Red, green and blue of each class in [0, 1], class 0 (none) first.

    Raises:
        OSError: Naming the file, if the disk is full or the folder may not be written.
        ValueError: If the coordinate reference system cannot be read.
    """
    dtype = smallest_type(len(class_names))
    shape = (1, grid.height, grid.width)
    names = [NO_CLASS, *(one_line(name).translate(NO_COMMAS) for name in class_names)]
    lookup = (colours * 255).round().astype(int).ravel().tolist()
    with new_files(header) as folder:
        raw = folder / header.with_suffix(".img").name
        with named_in_errors(header):
            fields = {
                "samples": grid.width,
                "lines": grid.height,
                "bands": 1,
                "header offset": 0,
                "file type": "ENVI Classification",
                "data type": DATA_TYPES[dtype.str],
                "interleave": "bsq",
                "byte order": 0,
                "classes": len(names),
                "class lookup": f"{{ {', '.join(map(str, lookup))} }}",
                "class names": f"{{ {', '.join(names)} }}",
                **_place(grid, folder),
            }
            fill_raw(raw, shape, dtype.type(0))

        def put(
            rows: slice, columns: slice, classes: Int32[np.ndarray, "some_rows some_columns"]
        ) -> None:
            with named_in_errors(header):
                write_part(raw, shape, rows, columns, classes.astype(dtype)[None])

        yield put
        lines = ["ENVI", *(f"{key} = {value}" for key, value in fields.items())]
        with named_in_errors(header):
            (folder / header.name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _place(grid: Grid, folder: Path) -> dict[str, str]:
    """Return the fields that say where a grid lies, as GDAL writes and reads them.

    ENVI has its own names for projections and datums, and GDAL knows them, so these fields are
    those of a raster of one pixel that GDAL writes. A grid that is sheared, or turned with pixels
    that are not square, it leaves out without a word: what it reads back is another.
    """
    if grid.transform is None:
        return {}
    pixel, header = folder / "place.img", folder / "place.hdr"
    transform = rasterio.Affine(*grid.transform)
    profile = {"driver": "ENVI", "width": 1, "height": 1, "count": 1, "dtype": "uint8"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(pixel, "w", crs=grid.crs, transform=transform, **profile):
            pass
        with rasterio.open(pixel) as opened:
            read_back = opened.transform
    written = header.read_text(encoding="utf-8")
    for file in folder.glob("place.*"):
        file.unlink()
    if not np.allclose(read_back, transform, rtol=1e-9, atol=1e-9):
        return {"description": "{not georeferenced: ENVI has no place for a sheared grid}"}
    return dict(re.findall(r"^(map info|coordinate system string) = (\{.*\})$", written, re.M))
