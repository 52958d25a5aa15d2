import matplotlib.image
import numpy as np
import pytest
import rasterio

from hsi.maps.geotiff import new_class_geotiff
from hsi.pictures import image
from hsi.pictures.image import write_image
from hsi.pictures.palette import palette
from hsi.scene.grid import Grid


def draw(folder, classes, values=(2, 9, 5)):
    grid = Grid(*classes.shape, None, None)
    names = tuple(map(str, values))
    with new_class_geotiff(folder / "map.tif", grid, values, names, palette(len(values))) as put:
        put(slice(None), slice(None), classes)
    write_image(folder / "map.png", folder / "map.tif")
    return (matplotlib.image.imread(folder / "map.png") * 255).round()


@pytest.mark.parametrize("values", [(2, 9, 5), (2, 900, 5)])
def test_a_pixel_of_the_map_is_one_of_the_image(tmp_path, truth, values):
    pixels = draw(tmp_path, truth, values)
    colours = np.hstack([(palette(3) * 255).round(), [[0], [255], [255], [255]]])
    assert np.array_equal(pixels[truth > 0], colours[truth[truth > 0]])
    assert not pixels[truth == 0][:, 3].any()


def test_the_same_map_gives_the_same_bytes(tmp_path, truth):
    draw(tmp_path, truth)
    before = (tmp_path / "map.png").read_bytes()
    draw(tmp_path, truth)
    assert (tmp_path / "map.png").read_bytes() == before


@pytest.mark.parametrize(("largest", "size"), [(1200, 1200), (1199, 600), (600, 600), (599, 300)])
def test_of_a_large_map_an_overview_is_drawn(tmp_path, monkeypatch, largest, size):
    monkeypatch.setattr(image, "LARGEST_IMAGE", largest)
    classes = np.full((1200, 800), 3, np.int32)
    classes[::4, ::4] = 1
    pixels = draw(tmp_path, classes)
    assert pixels.shape == (size, size * 2 // 3, 4)
    if size < 1200:
        assert (pixels[..., :3] == (palette(3)[3] * 255).round()).all()


def test_of_a_strip_every_so_many_pixels_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(image, "LARGEST_IMAGE", 30)
    classes = np.repeat([[1, 2, 3, 1, 2]], 100, axis=0).astype(np.int32)
    pixels = draw(tmp_path, classes)
    assert pixels.shape == (25, 2, 4)
    assert np.array_equal(pixels[7, :, :3], (palette(3)[[1, 2]] * 255).round())


def test_a_raster_without_colours_is_refused(tmp_path):
    path = tmp_path / "map.tif"
    profile = {"driver": "GTiff", "width": 1, "height": 1, "count": 1, "dtype": "uint8"}
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(path, "w", **profile),
    ):
        pass
    with pytest.raises(ValueError, match=r"map\.tif has no colours of classes"):
        write_image(tmp_path / "map.png", path)
