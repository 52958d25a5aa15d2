from pathlib import Path

import pytest
from shapely import Point

from hsi.scene.grid import Grid
from hsi.scene.labels.source import LabelSource
from hsi.scene.labels.table import read_table

GRID = Grid(12, 15, "EPSG:32633", (10.0, 0.0, 5000.0, 0.0, -10.0, 9000.0))


def read(path: Path, text: str, field: str | None = None):
    path.write_text(text, encoding="utf-8-sig", newline="")
    return read_table(LabelSource(path, None, field, "scene.custom.truth"), GRID)


@pytest.mark.parametrize(
    ("header", "crs"), [("X,Y,Class", "EPSG:32633"), ("Longitude,LATITUDE,class", "EPSG:4326")]
)
def test_points_are_in_the_columns_of_their_places(tmp_path, header, crs):
    found = read(tmp_path / "a.csv", f'{header},note\r\n1.5,-2,"roof, flat",a\r\n\r\n 3e2,4,,b\r\n')
    assert found.shapes.tolist() == [Point(1.5, -2), Point(300, 4)]
    assert found.values == ["roof, flat", ""]
    assert (found.crs, found.in_pixels) == (crs, False)


@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_a_row_and_a_column_name_the_centre_of_a_pixel(tmp_path, divider):
    found = read(tmp_path / "a.csv", "kind,column,row\nroof,3,2\n5,0,11.0\n".replace(",", divider))
    assert found.shapes.tolist() == [Point(3.5, 2.5), Point(0.5, 11.5)]
    assert found.values == ["roof", "5"]
    assert found.field.endswith("a.csv: kind")
    assert found.in_pixels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y,class\n", "should hold the names of its columns and lines of points"),
        ("", "should hold the names"),
        ("north,east,class\n1,2,3\n", "columns x,y or .* or row,column, it has north,east,class"),
        ("x,y,row,column,class\n1,2,3,4,5\n", "it has x,y and row,column"),
        ("x,y,kind,id\n1,2,a,3\n", "one of kind, id as scene.custom.truth_field"),
        ("x,y\n1,2\n", "nor any other field"),
        ("x,y,class\n1,2,a\n1,b,a\n", "line 3: y should be a number, it is 'b'"),
        ("x,y,class\nnan,2,a\n", "line 2: x should be a number"),
        ("row,column,class\n1.5,2,a\n", "line 2: row should be a whole number, it is '1.5'"),
        ("x,y,class\n1,2,a\n\n1,2\n", "line 4 has 2 columns, where the first line has 3"),
        ('x,y,class\n1,2,"a\n', "cannot be read as a table"),
    ],
)
def test_what_is_no_such_table_is_refused_by_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=rf"a\.csv.* {message}|a\.csv: {message}") as error:
        read(tmp_path / "a.csv", text)
    assert len(str(error.value).splitlines()) == 1


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes("x,y,class\n1,2,forêt\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"a\.csv cannot be read as a table in UTF-8"):
        read_table(LabelSource(tmp_path / "a.csv", None, None, "scene.custom.truth"), GRID)
