"""Grids compare by value, because that decides whether two rasters cover the same pixels."""

from hsi.scene.grid import Grid


def test_grids_of_the_same_pixels_are_equal():
    here = Grid(3, 4, "EPSG:32633", (30.0, 0.0, 365055.0, 0.0, -30.0, 5807085.0))
    assert here == Grid(3, 4, "EPSG:32633", (30.0, 0.0, 365055.0, 0.0, -30.0, 5807085.0))
    assert here != Grid(3, 4, None, None)
