"""Where the pixels of a scene lie on the ground."""

from dataclasses import dataclass

Transform = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Grid:
    """The pixels of a raster and their places on the ground.

    Attributes:
        height: Rows of pixels.
        width: Columns of pixels.
        crs: Coordinate reference system as WKT; None if it is unknown.
        transform: (a, b, c, d, e, f), which takes the upper left corner of a pixel to
            x = a column + b row + c and y = d column + e row + f, in units of the CRS; None if the
            raster is not georeferenced.
    """

    height: int
    width: int
    crs: str | None
    transform: Transform | None
