import numpy as np
import pytest
from rasterio.transform import Affine

from hsi.scene.grid import Grid
from hsi.scene.labels.places import between, corners, extent, span, to_map, to_pixels

NORTH_UP = (30.0, 0.0, 365055.0, 0.0, -30.0, 5807085.0)
TURNED = (20.0, 7.0, 500000.0, 9.0, -25.0, 5000000.0)


@pytest.mark.parametrize("transform", [NORTH_UP, TURNED])
def test_places_on_the_ground_are_those_of_rasterio_and_go_back(transform):
    pixels = np.random.default_rng(0).uniform(-50, 50, (20, 2))
    ground = to_map(transform, pixels)
    for place, pixel in zip(ground, pixels, strict=True):
        np.testing.assert_allclose(place, Affine(*transform) @ tuple(pixel))
    np.testing.assert_allclose(to_pixels(transform, ground), pixels, atol=1e-7)


def test_longitude_comes_before_latitude_whatever_the_system_declares():
    """The central meridian of UTM zone 33 is 15 degrees east, at 500 km."""
    moved = between(np.array([[15.0, 0.0], [15.0, 52.0]]), "EPSG:4326", "EPSG:32633")
    np.testing.assert_allclose(moved[:, 0], 500_000, atol=1e-3)
    np.testing.assert_allclose(moved[:, 1], [0, 5_761_038], atol=1)


def test_places_stay_where_a_system_is_unknown_or_the_same():
    places = np.array([[1.0, 2.0]])
    assert np.array_equal(between(places, None, "EPSG:4326"), places)
    assert np.array_equal(between(places, "EPSG:4326", None), places)
    assert np.array_equal(between(places, "EPSG:4326", "EPSG:4326"), places)


def test_one_place_beyond_a_system_does_not_lose_the_others():
    places = np.array([[15.0, 52], [15, 5807085], [np.inf, 3], [np.nan, 3], [14, 52], [190, 1e9]])
    moved = between(places, "EPSG:4326", "EPSG:32633")
    assert np.isfinite(moved).all(1).tolist() == [True, False, False, False, True, False]
    lambert = between(np.array([[0.0, -90.0], [10.0, 50.0]]), "EPSG:4326", "EPSG:2154")
    assert np.isfinite(lambert).all(1).tolist() == [False, True]


def test_an_unknown_system_is_an_error():
    with pytest.raises(ValueError, match="99999"):
        between(np.zeros((1, 2)), "EPSG:99999", "EPSG:32633")


def test_a_local_system_is_refused_unless_both_are_the_same():
    local = 'LOCAL_CS["plan of the farm",UNIT["metre",1]]'
    places = np.ones((100_000, 2))  # GDAL has no way to move them, and would be asked for each
    assert np.array_equal(between(places, local, local), places)
    for pair in ((local, "EPSG:32633"), ("EPSG:4326", local)):
        with pytest.raises(ValueError, match=r"plan of the farm.* has no known place on Earth"):
            between(places, *pair)


def test_extents_are_in_map_coordinates_where_there_are_any():
    assert corners(2, 3).tolist() == [[0, 0], [3, 0], [0, 2], [3, 2]]
    with_map = Grid(2, 3, None, NORTH_UP)
    assert extent(corners(2, 3), with_map) == "x 365055 to 365145, y 5807025 to 5807085"
    assert extent(corners(2, 3), Grid(2, 3, None, None)) == "column 0 to 3, row 0 to 2"
    assert span(np.array([[0.5, -1.0]]), ("x", "y")) == "x 0.5 to 0.5, y -1 to -1"
