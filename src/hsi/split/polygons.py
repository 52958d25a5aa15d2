"""Keep each polygon of the labels wholly on one side of the split.

People label fields, roofs and lakes, and the pixels of one are alike. With polygons on sides, a
test pixel never lies in a polygon that was trained on, as with leave-location-out. Where the labels
were a raster, the connected regions of one class take the place of polygons.

Source: Meyer et al., Environmental Modelling & Software 2018 (leave-location-out),
https://doi.org/10.1016/j.envsoft.2017.12.001
"""

import numpy as np
from scipy.ndimage import distance_transform_edt

from hsi.split.groups import group_split
from hsi.split.request import Request, Split


def polygon_split(request: Request) -> Split:
    """Put each polygon on a side.

    An unlabelled pixel belongs to the side of the nearest labelled one, so that each pixel of the
    scene has an owner and no window carries a pixel of one side to another. The sides are chosen by
    `group_split`.

    Args:
        request: The labelled scene, its polygons, and how many pixels should train and validate.

    Raises:
        ValueError: If a class has a single polygon, which cannot be on both sides.
    """
    truth, labelled = request.truth, request.truth > 0
    _refuse_single_polygons(request)
    nearest = distance_transform_edt(~labelled, return_distances=False, return_indices=True)
    numbers = np.zeros(truth.shape, np.int64)
    numbers[labelled] = np.unique(request.regions[labelled], return_inverse=True)[1]
    generator = np.random.default_rng(request.seed)
    return group_split(request, numbers[tuple(nearest)], generator)


def _refuse_single_polygons(request: Request) -> None:
    single = []
    for k, name in enumerate(request.info.class_names, start=1):
        pixels = request.regions[request.truth == k]
        if len(np.unique(pixels)) < 2:
            single.append(f"{name!r} ({len(pixels):,} pixels)")
    if single:
        raise ValueError(
            f"{len(single)} of {len(request.info.class_names)} classes have a single polygon, and "
            f"split.method=polygons needs one to train and one to test on: {', '.join(single)}; "
            "draw more polygons of these, or take split.method=blocks, which divides them"
        )
