"""Connected regions of one class: the fields of a truth that was drawn as a raster."""

import numpy as np
from jaxtyping import Int32
from scipy.ndimage import label

TOUCHING = np.ones((3, 3), int)  # pixels that share a side or a corner


def regions_of(truth: Int32[np.ndarray, "height width"]) -> Int32[np.ndarray, "height width"]:
    """Number the connected regions of each class from 1, class after class; 0 is unlabelled.

    Pixels of one class that touch at a side or a corner are one region.
    """
    regions = np.zeros(truth.shape, np.int32)
    many = 0
    for k in range(1, int(truth.max(initial=0)) + 1):
        members, found = label(truth == k, TOUCHING)
        regions[members > 0] = members[members > 0] + many
        many += found
    return regions
