"""Where labels come from, and what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int32, Int64

from hsi.scene.reading import listed

USUAL_FIELD = "class"


@dataclass(frozen=True)
class LabelSource:
    """A file of labels.

    Attributes:
        path: The file.
        key: The layer of a GeoPackage; None for the only one that has geometries.
        field: The field or column that holds the class; None for the only one, or `class`.
        setting: What errors call the file (`scene.custom.truth`); with `_key` and `_field` behind
            it, what they call the settings of the layer and of the field.
    """

    path: Path
    key: str | None
    field: str | None
    setting: str

    def field_among(self, fields: Sequence[str]) -> str:
        """Return the field of the class; its case need not be that of the file.

        Raises:
            ValueError: If there is no such field, or it is not clear which is meant.
        """
        wanted = self.field or USUAL_FIELD
        alike = [field for field in fields if field.casefold() == wanted.casefold()]
        if wanted in fields:
            return wanted
        if len(alike) == 1:
            return alike[0]
        if self.field is None and len(fields) == 1:
            return fields[0]
        lacks = f"{self.path} has no field {wanted!r} for the class"
        if not fields:
            raise ValueError(f"{lacks}, nor any other field")
        raise ValueError(f"{lacks}: name one of {listed(fields)} as {self.setting}_field")


@dataclass(frozen=True)
class Labels:
    """Labels on the grid of a scene.

    Attributes:
        raster: (height, width) label of each pixel, 0 where it has none.
        labelled: (height, width) whether a pixel has a label, which may be 0 too.
        names: Names of labels, as far as the file gives any; only of labels that occur.
        polygons: (height, width) number of the polygon or point that each labelled pixel belongs
            to, as the file counts them from 1, 0 elsewhere; None if the labels were a raster.
    """

    raster: Int64[np.ndarray, "height width"]
    labelled: Bool[np.ndarray, "height width"]
    names: dict[int, str]
    polygons: Int32[np.ndarray, "height width"] | None
