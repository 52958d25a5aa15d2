import numpy as np
import pytest
from scene_files import FORMATS

from hsi.files import read_array
from hsi.scene.arrays import Source
from hsi.scene.convert import convert
from hsi.scene.open import open_raster
from hsi.scene.raster import Raster


def test_the_array_holds_the_chosen_bands_and_the_raster_reads_from_it(tmp_path, monkeypatch):
    cube = np.arange(40 * 33 * 4, dtype=np.int16).reshape(40, 33, 4)
    FORMATS["tiled.tif"](tmp_path / "a.tif", cube)
    monkeypatch.setattr("hsi.scene.raster.CHUNK", 1000)
    raster = open_raster(Source(tmp_path / "a.tif", None, ""), None, None, (), "").select([3, 1])
    stored = convert(raster, tmp_path / "raw/cube.npy", None)
    (tmp_path / "a.tif").unlink()
    assert np.array_equal(read_array(tmp_path / "raw/cube.npy"), cube[..., [3, 1]])
    window = (slice(2, 9), slice(30, 33))
    assert np.array_equal(stored.read(*window), cube[2:9, 30:, [3, 1]])
    assert np.array_equal(stored.select([1]).read(*window), cube[2:9, 30:, [1]])
    assert stored.select([1]).numbers == (1,)


def test_a_cube_larger_than_the_disk_is_refused_before_it_is_read(tmp_path):
    """A file of zeros, or one whose header lies, may unfold to terabytes."""
    endless = np.lib.stride_tricks.as_strided(np.zeros(1), (10**7, 10**4, 300), (0,) * 3)
    with pytest.raises(OSError, match=r"cube\.npy could not be written: it would take 223,"):
        convert(Raster.of_array(endless), tmp_path / "cube.npy", None)
    assert not list(tmp_path.iterdir())
