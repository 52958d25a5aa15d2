import numpy as np
import pytest
from matplotlib.figure import Figure

from hsi.pictures.figures import LARGEST_DRAWN, thinning, write_figure


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
