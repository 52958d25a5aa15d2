"""What all figures share: their bounds, how they are written, and how scenes are drawn."""

import io
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsi.files import write
from hsi.pictures.text import literal

LARGEST_DRAWN = 1500  # pixels a side
LARGEST_FIGURE = 4000  # pixels a side
NARROWEST = 8.0  # a scene more than so many times as long as wide is not drawn to scale
MANY = 40  # classes; a picture of more leaves out numbers and some names
DPI = 110


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG; the same figure gives the same bytes.

    `Figure.savefig` writes the same and draws twice, to lay out what is drawn before it draws.
    """
    buffer = io.BytesIO()
    figure.set_dpi(min(DPI, LARGEST_FIGURE / max(figure.get_size_inches())))
    with literal(figure):
        FigureCanvasAgg(figure).print_png(  # type: ignore[no-untyped-call]
            buffer, metadata={"Software": None}
        )
    write(path, buffer.getbuffer())


def thinning(height: int, width: int) -> slice:
    """Return the step over rows and columns that keeps a scene at most LARGEST_DRAWN pixels wide.

    A page has no room for more: of a larger scene every second, third, ... pixel is drawn.
    """
    return slice(None, None, -(-max(height, width) // LARGEST_DRAWN))


def thinned_names(names: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """Return the places and names of at most MANY classes, evenly spaced: the ticks of an axis."""
    places = list(range(0, len(names), -(-len(names) // MANY)))
    return places, [names[place] for place in places]


def drawn_ratio(height: int, width: int) -> float:
    """Return the height of a drawn scene relative to its width; that of strips is limited."""
    return min(max(height / width, 1 / NARROWEST), NARROWEST)


def scale_remark(height: int, width: int) -> str:
    """Return what a picture says of its scale: nothing, unless the scene is too narrow for it."""
    if drawn_ratio(height, width) == height / width:
        return ""
    return f" ({height:,} x {width:,} pixels, not to scale)"


def show(axes: Axes, image: UInt8[np.ndarray, "height width 3"], caption: str) -> None:
    """Draw a scene with a caption and without axes."""
    height, width, _ = image.shape
    aspect = drawn_ratio(height, width) * width / height
    axes.imshow(image, interpolation="nearest", aspect=aspect)
    axes.set_title(caption, fontsize=11)
    axes.set_axis_off()


def in_bytes(colours: Float[np.ndarray, "*space 3"]) -> UInt8[np.ndarray, "*space 3"]:
    """Return red, green and blue in [0, 1] as bytes, an eighth of the memory."""
    return (colours * 255).round().astype(np.uint8)
