import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from hsi.pictures.figures import (
    LARGEST_DRAWN,
    LARGEST_FIGURE,
    MANY,
    drawn_ratio,
    in_bytes,
    scale_remark,
    show,
    thinned_names,
    thinning,
    write_figure,
)


def test_the_same_figure_gives_the_same_png(tmp_path):
    for name in ("one.png", "two.png"):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([1, 2], [3, 5])
        write_figure(tmp_path / "new" / name, figure)
    content = (tmp_path / "new" / "one.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert content == (tmp_path / "new" / "two.png").read_bytes()


@pytest.mark.parametrize(
    ("height", "width", "step"),
    [(1, 1, 1), (LARGEST_DRAWN, 3, 1), (3, LARGEST_DRAWN + 1, 2), (4 * LARGEST_DRAWN, 9, 4)],
)
def test_of_a_scene_too_large_to_draw_every_so_many_pixels_stay(height, width, step):
    thin = thinning(height, width)
    assert thin.step == step
    assert len(np.arange(max(height, width))[thin]) <= LARGEST_DRAWN


@pytest.mark.parametrize(("width", "height"), [(60, 1), (1, 60), (50, 50)])
def test_a_figure_is_never_larger_than_a_page(tmp_path, width, height):
    write_figure(tmp_path / "large.png", Figure(figsize=(width, height)))
    pixels = matplotlib.image.imread(tmp_path / "large.png").shape[:2]
    assert max(pixels) == pytest.approx(LARGEST_FIGURE, abs=1)
    assert pixels[0] / pixels[1] == pytest.approx(height / width, rel=0.02)


@pytest.mark.parametrize(
    ("height", "width", "ratio"),
    [(9, 9, 1), (610, 340, 610 / 340), (8, 1, 8), (5000, 1, 8), (1, 5000, 1 / 8), (3, 30, 1 / 8)],
)
def test_only_a_very_narrow_scene_is_not_drawn_to_scale(height, width, ratio):
    assert drawn_ratio(height, width) == pytest.approx(ratio)
    to_scale = height / width == pytest.approx(ratio)
    assert ("not to scale" not in scale_remark(height, width)) == to_scale
    axes = Figure().subplots()
    show(axes, np.zeros((height, width, 3), np.uint8), "")
    assert axes.get_aspect() * height / width == pytest.approx(ratio)


@pytest.mark.parametrize("count", [1, MANY, MANY + 1, 1000])
def test_an_axis_has_at_most_as_many_names_as_one_can_read(count):
    names = tuple(f"class {number}" for number in range(count))
    places, shown = thinned_names(names)
    assert shown == [names[place] for place in places]
    assert (len(shown) == count) == (count <= MANY)
    assert len(shown) <= MANY
    assert names[0] == shown[0]


def test_colours_are_drawn_as_bytes():
    assert in_bytes(np.array([0.0, 0.5, 1.0])).tolist() == [0, 128, 255]
