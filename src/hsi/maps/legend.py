"""The legend of a map: which number, name and colour a class has in a raster."""

import numpy as np

NO_CLASS = "Unclassified"  # the name of value 0, as ENVI calls it
LARGEST = 65535  # value of a raster of two bytes a pixel


def pixel_values(labels: tuple[int, ...]) -> tuple[int, ...]:
    """Return the value that a GeoTIFF holds for each class, class 1 first.

    These are the user's own labels, so that the map compares with the user's truth raster, unless a
    label is below 1 or above 65535: 0 means no class, and a class raster has two bytes a pixel at
    most. Then classes count from 1.
    """
    if all(1 <= label <= LARGEST for label in labels):
        return labels
    return tuple(range(1, len(labels) + 1))


def smallest_type(largest: int) -> np.dtype[np.unsignedinteger]:
    """Return the type of one or two bytes, in little-endian order, that holds values up to one."""
    return np.dtype("u1" if largest <= 255 else "<u2")


def one_line(name: str) -> str:
    """Return a name without control characters, which headers and XML cannot hold."""
    return "".join(character if character.isprintable() else " " for character in name)
