"""What all figures share: how they are written, and how large scenes are thinned out."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from hsi.files import write

LARGEST_DRAWN = 1500  # pixels a side


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    write(path, buffer.getbuffer())


def thinning(height: int, width: int) -> slice:
    """Return the step over rows and columns that keeps a scene at most LARGEST_DRAWN pixels wide.

    A page has no room for more: of a larger scene every second, third, ... pixel is drawn.
    """
    return slice(None, None, -(-max(height, width) // LARGEST_DRAWN))
