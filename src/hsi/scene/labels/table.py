"""Read labelled points from a table in a text file (CSV)."""

import csv
import io
import math
from collections.abc import Sequence

import numpy as np
import shapely

from hsi.scene.grid import Grid
from hsi.scene.labels.features import Features
from hsi.scene.labels.geojson import LONGITUDE_LATITUDE
from hsi.scene.labels.source import LabelSource
from hsi.scene.reading import listed

PIXELS = ("row", "column")
PLACES = (("x", "y"), ("longitude", "latitude"), PIXELS)


def read_table(source: LabelSource, grid: Grid) -> Features:
    """Read points from a table, one a line below a line with the names of the columns.

    The place of a point is in the columns `x` and `y`, in the reference system of the scene; in
    `longitude` and `latitude` (EPSG:4326); or in `row` and `column`, whole numbers from 0. Names
    may be in any case, other columns are ignored, and commas, semicolons or tabs divide columns.

    Args:
        source: The file, and the column of the class.
        grid: Of the scene.

    Raises:
        ValueError: If the file is no such table, naming the line.
    """
    path = source.path
    try:
        text = path.read_text(encoding="utf-8-sig")
        divider = max(",;\t", key=text.partition("\n")[0].count)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
        rows = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except (UnicodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a table in UTF-8: {error}") from error
    if len(rows) < 2:
        raise ValueError(f"{path} should hold the names of its columns and lines of points")
    header = [name.strip() for name in rows.pop(0)[1]]
    pair = _columns_of_places(source, header)
    names = [header[column].casefold() for column in pair]
    field = source.field_among([name for k, name in enumerate(header) if k not in pair])
    of_class = header.index(field)

    places = np.zeros((len(rows), 2))
    for point, (line, row) in enumerate(rows):
        if len(row) != len(header):
            many = f"{len(row)} columns, where the first line has {len(header)}"
            raise ValueError(f"{path}: line {line} has {many}")
        for axis, column in enumerate(pair):
            whole = names[axis] in PIXELS
            places[point, axis] = value = _number(row[column])
            if not math.isfinite(value) or (whole and value != int(value)):
                raise ValueError(
                    f"{path}: line {line}: {header[column]} should be a {'whole ' * whole}number, "
                    f"it is {row[column][:40]!r}"
                )
    values = [row[of_class] for _, row in rows]
    called = f"{path}: {field}"
    if names[0] == PIXELS[0]:
        return Features(shapely.points(places[:, ::-1] + 0.5), values, called, None, in_pixels=True)
    crs = grid.crs if names[0] == "x" else LONGITUDE_LATITUDE
    return Features(shapely.points(places), values, called, crs)


def _columns_of_places(source: LabelSource, header: Sequence[str]) -> tuple[int, int]:
    """Return which columns hold the places."""
    names = [name.casefold() for name in header]
    there = [pair for pair in PLACES if set(pair) <= set(names)]
    if len(there) != 1:
        has = " and ".join(",".join(pair) for pair in there) or listed(header, ",")
        may = " or ".join(",".join(pair) for pair in PLACES)
        raise ValueError(f"{source.path} should have the columns {may}, it has {has}")
    first, second = there[0]
    return names.index(first), names.index(second)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
