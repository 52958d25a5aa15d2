import pytest
import rasterio

from hsi.maps.classes import new_class_map
from hsi.pictures.palette import palette

ALL = slice(None)
NAMES = ("wheat", "class 5", "fallow")


@pytest.mark.parametrize(
    ("name", "labels", "values"),
    [
        ("map.tif", (2, 9, 5), [0, 2, 9, 5]),
        ("map.TIFF", (0, -9, 70000), [0, 1, 2, 3]),
        ("map.hdr", (2, 9, 5), [0, 1, 2, 3]),
    ],
)
def test_the_ending_chooses_the_format(tmp_path, grid, classes, name, labels, values):
    with new_class_map(tmp_path / name, grid, labels, NAMES, palette(3)) as put:
        put(ALL, ALL, classes)
    raster = tmp_path / name.replace(".hdr", ".img")
    with rasterio.open(raster) as opened:
        assert opened.driver == ("ENVI" if raster.suffix == ".img" else "GTiff")
        found = opened.read(1)
    assert [found[classes == number].tolist() for number in range(4)] == [
        [value] * (classes == number).sum() for number, value in enumerate(values)
    ]


def test_another_ending_is_refused(tmp_path, grid):
    with pytest.raises(ValueError, match=r"map\.png: a map may end in \.tif .* or \.hdr"):
        new_class_map(tmp_path / "map.png", grid, (1, 2, 3), NAMES, palette(3))
