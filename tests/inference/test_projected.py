"""Components that are computed tile by tile are those of the whole cube."""

from dataclasses import replace

import numpy as np
import pytest

from hsi.cube.padded import PaddedCube
from hsi.inference.projected import ProjectedScene
from hsi.inference.tiles import tiles
from hsi.reduction.pca import fit_pca
from hsi.scene.raster import Raster


@pytest.mark.parametrize("block", [(1, 21), (8, 8)])
def test_tiles_are_those_of_the_padded_cube(cube, truth, block, monkeypatch):
    monkeypatch.setattr("hsi.scene.raster.CHUNK", 2000)
    projection, _ = fit_pca(cube, np.ones(truth.shape, bool), 4, "none", True)
    valid = truth != 2
    whole = np.empty((4, *truth.shape), np.float32)
    for rows, components in projection.apply_in_parts(cube, valid):
        whole[:, rows] = components
    padded = PaddedCube.of(whole, None, 7)
    scene = ProjectedScene(replace(Raster.of_array(cube), block=block), projection, valid)
    assert (scene.components, scene.size) == (4, truth.shape)
    for rows, columns in tiles(*truth.shape, 9):
        for window in (7, 3):
            found = scene.tile(rows, columns, window, None)
            expected = padded.tile(rows, columns, window, None)
            assert found.shape == expected.shape
            assert np.allclose(found, expected, atol=1e-5)
            assert np.array_equal(found == 0, expected == 0), "border and pixels without data"
