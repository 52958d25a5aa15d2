import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from hsi.pictures.figures import (
    LARGEST_DRAWN,
    LARGEST_FIGURE,
    MANY,
    drawn_ratio,
    scale_remark,
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


def test_no_figure_is_larger_than_a_page(tmp_path):
    write_figure(tmp_path / "large.png", Figure(figsize=(100, 3)))
    height, width, _ = imread(tmp_path / "large.png").shape
    assert (height, width) == (LARGEST_FIGURE * 3 // 100, LARGEST_FIGURE)


@pytest.mark.parametrize(
    ("height", "width", "ratio"), [(10, 10, 1.0), (10, 20, 0.5), (5000, 1, 8.0), (1, 5000, 1 / 8)]
)
def test_a_strip_is_drawn_out_of_scale_and_says_so(height, width, ratio):
    assert drawn_ratio(height, width) == ratio
    remark = scale_remark(height, width)
    assert remark == (f" ({height:,} x {width:,} pixels, not to scale)" if max(height, width) > 20
                      else "")  # fmt: skip


def test_of_many_names_some_are_ticks():
    names = tuple(f"class {number}" for number in range(1000))
    places, shown = thinned_names(names)
    assert places[0] == 0
    assert MANY / 2 < len(places) <= MANY
    assert shown == [names[place] for place in places]
    assert thinned_names(names[:MANY]) == (list(range(MANY)), list(names[:MANY]))
