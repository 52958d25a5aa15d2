from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import MultiPoint, MultiPolygon, Point, Polygon, box

from hsi.scene.grid import Grid
from hsi.scene.labels.features import Features, on_grid, placed

GRID = Grid(12, 15, "EPSG:32633", (10.0, 0.0, 5000.0, 0.0, -10.0, 9000.0))
PATH = Path("plots.gpkg")
CENTRES = np.mgrid[0:12, 0:15] + 0.5  # row, column


def shapes(*each: shapely.Geometry | None) -> np.ndarray:
    return np.array(each, object)


def labelled(each: np.ndarray, labels: list[int | None], names: dict[int, str] | None = None):
    return on_grid(each, labels, names or {}, GRID, PATH)


def test_a_pixel_belongs_to_the_polygon_that_contains_its_centre():
    generator = np.random.default_rng(0)
    triangles = [Polygon(generator.uniform(-3, 15, (3, 2))) for _ in range(40)]
    for triangle in triangles:
        inside = shapely.contains_xy(triangle, CENTRES[1], CENTRES[0])
        if not inside.any():
            continue
        found, _ = labelled(shapes(triangle), [7])
        assert np.array_equal(found.labelled, inside)
        assert np.array_equal(found.raster, np.where(inside, 7, 0))
        assert np.array_equal(found.polygons, np.where(inside, 1, 0))


def test_a_point_belongs_to_the_pixel_that_contains_it():
    found, remarks = labelled(shapes(Point(2.99, 1.01), Point(3.0, 1.0), Point(14.9, 0)), [5, 6, 0])
    assert {tuple(each): found.raster[tuple(each)] for each in np.argwhere(found.labelled)} == {
        (0, 14): 0,  # 0 is a label too
        (1, 2): 5,
        (1, 3): 6,
    }
    assert found.polygons[1, 2:4].tolist() == [1, 2]
    assert remarks == []


def test_parts_of_one_feature_are_one_polygon_and_holes_are_none():
    ring = box(0, 0, 6, 6) - box(2, 2, 4, 4)
    both = MultiPolygon([box(8, 8, 9, 9), box(11, 0, 13, 1)])
    found, _ = labelled(shapes(ring, both, MultiPoint([(14.5, 11.5), (10.5, 11.5)])), [1, 2, 2])
    assert (found.polygons == 1).sum() == 36 - 4
    assert np.argwhere(found.polygons == 2).tolist() == [[0, 11], [0, 12], [8, 8]]
    assert np.argwhere(found.polygons == 3).tolist() == [[11, 10], [11, 14]]


def test_a_part_without_area_takes_nothing_from_the_other_parts():
    flat = "[[[4.5, 11], [5, 0.5], [4.5, 11]]]"
    square = "[[[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]]]"
    for each in (f"[], {square}", f"{flat}, {square}", f"{square}, {flat}"):
        multi = f'{{"type": "MultiPolygon", "coordinates": [{each}]}}'
        found, remarks = labelled(shapes(shapely.from_geojson(multi)), [1])
        assert np.argwhere(found.labelled).tolist() == [[r, c] for r in range(4) for c in range(4)]
        assert remarks == []
    alone = shapely.from_geojson(f'{{"type": "Polygon", "coordinates": {flat}}}')
    _, remarks = labelled(shapes(box(0, 0, 4, 4), alone), [1, 2])
    assert remarks == ["plots.gpkg: 1 features contain the centre of no pixel and label none"]


def test_pixels_of_two_classes_are_left_out_whichever_polygon_comes_first():
    each = [box(0, 0, 4, 4), box(2, 0, 6, 4), box(3, 0, 8, 1), box(3, 0, 4, 1)]
    labels, names = [2, 1, 3, 2], {1: "road", 2: "roof", 3: "tree"}
    twice = np.zeros((12, 15), bool)
    twice[0:4, 2:4] = twice[0, 4:6] = True
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        found, remarks = labelled(
            shapes(*(each[k] for k in order)), [labels[k] for k in order], names
        )
        assert not (found.labelled & twice).any()
        assert not found.raster[twice].any()
        assert not found.polygons[twice].any()
        assert (found.raster == 2).sum() == 4 * 2
        assert found.names == names
        assert remarks == [
            "plots.gpkg: 10 pixels lie in polygons of two classes (road and roof most often) and "
            "are left out"
        ]


def test_where_polygons_of_one_class_overlap_the_first_has_the_pixels():
    found, remarks = labelled(shapes(box(0, 0, 4, 4), box(2, 2, 6, 6)), [1, 1])
    assert ((found.polygons == 1).sum(), (found.polygons == 2).sum()) == (16, 12)
    assert remarks == []


def test_what_labels_no_pixel_is_counted_by_its_reason():
    found, remarks = labelled(
        shapes(
            box(1, 1, 3, 3), box(-5, 0, 1, 1), box(90, 0, 99, 9), Point(15, 3), None, Polygon(),
            box(4.1, 4.1, 4.4, 4.4), Point(np.inf, np.inf), box(0, 0, 15, 12),
            MultiPoint([(0, 0), (-1, 0)]),
        ),
        [1, 1, 1, 1, 1, 1, 1, 1, None, 1],
        {1: "roof", 9: "elsewhere"},
    )  # fmt: skip
    assert remarks == [
        "plots.gpkg: 2 features have no geometry and are left out",
        "plots.gpkg: 3 of 7 features lie outside the scene",
        "plots.gpkg: 2 features lie partly outside the scene, and only their part inside is used",
        "plots.gpkg: 1 features contain the centre of no pixel and label none",
    ]
    assert found.names == {1: "roof"}


def test_what_is_drawn_along_the_edge_of_the_scene_lies_in_it():
    assert labelled(shapes(box(-1e-9, 0, 15 + 1e-9, 12)), [1])[1] == []


def test_labels_that_all_lie_elsewhere_are_refused_with_both_extents():
    with pytest.raises(
        ValueError,
        match=r"none of its 2 features lies in the scene, they reach over x 5900 to 5990, "
        r"y 8910 to 9000; the scene reaches over x 5000 to 5150, y 8880 to 9000$",
    ):
        labelled(shapes(box(90, 0, 99, 9), Point(91, 3)), [1, 2])
    with pytest.raises(ValueError, match=r"labels no pixel of the scene: .* 1 features contain"):
        labelled(shapes(box(4.1, 4.1, 4.4, 4.4), Point(20, 0)), [1, 1])


def features(each: np.ndarray, crs: str | None, in_pixels: bool = False) -> Features:
    return Features(each, [1] * len(each), "plots.gpkg: class", crs, in_pixels)


def test_map_coordinates_become_columns_and_rows():
    drawn = shapes(Point(5025, 8990), None, box(5000, 8980, 5010, 9000))
    found, remarks = placed(features(drawn, "EPSG:32633"), GRID, PATH)
    assert found[0].equals(Point(2.5, 1))
    assert found[1] is None
    assert found[2].equals(box(0, 0, 1, 2))
    assert remarks == []
    assert drawn[0].equals(Point(5025, 8990)), "the features stay as they were"
    assert placed(features(drawn, None, in_pixels=True), GRID, PATH)[0] is drawn


def test_a_missing_reference_system_is_said():
    one = shapes(Point(5025, 8990))
    found, remarks = placed(features(one, None), GRID, PATH)
    assert found[0].equals(Point(2.5, 1))
    assert remarks == [
        "plots.gpkg has no reference system, so plots.gpkg is taken to be in the scene's"
    ]
    without = Grid(12, 15, None, GRID.transform)
    assert placed(features(one, "EPSG:32633"), without, PATH)[1][0].startswith("the scene has no")
    assert placed(features(one, None), without, PATH)[1] == []


def test_a_place_beyond_the_reference_system_lies_outside_the_scene():
    each = shapes(Point(15.0, 5.0), Point(15.0, 95.0), box(15, 5, 16, 95))
    found, _ = placed(features(each, "EPSG:4326"), GRID, PATH)
    assert np.isfinite(shapely.get_coordinates(found)).all(1).sum() == 1 + 3, "of 1, 1 and 5"
    with pytest.raises(ValueError, match="none of its 3 features lies in the scene"):
        labelled(found, [1, 1, 1])


@pytest.mark.parametrize(
    ("each", "crs", "grid", "message"),
    [
        (
            shapes(shapely.LineString([(0, 0), (1, 1)]), Point(0, 0)),
            None,
            GRID,
            "polygons and points, it also holds 1 LineString",
        ),
        (shapes(Point(0, 0)), None, Grid(12, 15, None, None), "the scene has no georeference"),
        (
            shapes(Point(5025, 8990)),
            "EPSG:4326",
            GRID,
            r"no place of it \(x 5025 to 5025, y 8990 to 8990 of EPSG:4326\)",
        ),
        (shapes(Point(0, 0)), "EPSG:99999", GRID, r"plots\.gpkg cannot be read: .*99999"),
    ],
)
def test_what_cannot_be_placed_is_refused(each, crs, grid, message):
    with pytest.raises(ValueError, match=message):
        placed(features(each, crs), grid, PATH)
