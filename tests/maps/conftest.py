import numpy as np
import pytest
from rasterio.crs import CRS

from hsi.scene.grid import Grid

HEIGHT, WIDTH = 5, 7


@pytest.fixture
def grid() -> Grid:
    return Grid(
        HEIGHT, WIDTH, CRS.from_epsg(32633).to_wkt(), (30.0, 0.0, 365055.0, 0.0, -20.0, 5807085.0)
    )


@pytest.fixture
def classes() -> np.ndarray:
    """(5, 7) classes of 0 to 3, no two rows and no two columns alike."""
    raster = np.random.default_rng(3).integers(0, 4, (HEIGHT, WIDTH)).astype(np.int32)
    assert len(np.unique(raster, axis=0)) == HEIGHT
    return raster
