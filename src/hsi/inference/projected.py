"""A cube whose components are computed when a part of it is classified, for files of any size."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32

from hsi.reduction.projection import Projection
from hsi.scene.raster import Raster


@dataclass
class ProjectedScene:
    """The components of a raster with zeros around it; takes the place of a `PaddedCube`.

    One strip of tiles is in memory at a time, so the file is read once from top to bottom but for
    the rows that windows of two strips share.

    Attributes:
        raster: The bands.
        projection: From bands to components.
        valid: Whether a pixel holds data; others have the component 0 of the mean.
    """

    raster: Raster
    projection: Projection
    valid: Bool[np.ndarray, "height width"]
    _held: tuple[slice, int] | None = field(default=None, init=False)
    _strip: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32), init=False)

    @property
    def components(self) -> int:
        """Number of components of each pixel."""
        return len(self.projection.axes)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the scene."""
        return self.raster.grid.height, self.raster.grid.width

    def tile(
        self, rows: slice, columns: slice, window: int, side: int | None
    ) -> Float32[np.ndarray, "components tile_height tile_width"]:
        """Return a part of the scene with as many pixels around it as windows reach.

        Args:
            rows: Rows of the scene.
            columns: Columns of the scene.
            window: Odd side of the windows.
            side: None: there is no split that could hide pixels.
        """
        assert side is None
        if (rows, window) != self._held:
            self._held, self._strip = (rows, window), self._project(rows, window // 2)
        return self._strip[:, :, columns.start : columns.stop + window - 1].copy()

    def leading(self, rows: slice, most: int) -> Float32[np.ndarray, "components rows width"]:
        """Return the leading components of some rows of the scene."""
        return self._project(rows, 0)[:most]

    def _project(
        self, rows: slice, border: int
    ) -> Float32[np.ndarray, "components strip_height padded_width"]:
        height, width = self.size
        top = rows.start - border
        shape = (self.components, rows.stop + border - top, width + 2 * border)
        strip = np.zeros(shape, np.float32)
        here = slice(max(0, top), min(height, rows.stop + border))
        for down, across in self.raster.windows(here):
            strip[
                :, down.start - top : down.stop - top, across.start + border : across.stop + border
            ] = self.projection.apply(self.raster.read(down, across), self.valid[down, across])
        return strip
