"""What headers say of bands: which are bad, how values are scaled, which pixels are masked."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from scene_files import envi_lines, write_envi, write_geotiff

from hsi.scene.gdal import gdal_driver, on_network, open_gdal, shown

CUBE = np.arange(5 * 7 * 4, dtype=np.int16).reshape(5, 7, 4) + 1


def opened(path):
    return open_gdal(*gdal_driver(path))


def test_the_list_of_bad_bands_and_the_scale_of_envi_are_read(tmp_path):
    lines = (*envi_lines(), "bbl = {1, 0, 1, 1}", "reflectance scale factor = 10000")
    write_envi(tmp_path / "a.img", CUBE, lines=lines)
    raster = opened(tmp_path / "a.img")
    assert raster.good == (True, False, True, True)
    assert raster.scale == pytest.approx(1e-4)
    assert {file.name for file in raster.files} == {"a.img", "a.hdr"}
    with_units = opened(tmp_path / "a.hdr")
    assert with_units.wavelengths == raster.wavelengths


def test_bands_marked_bad_in_a_geotiff_and_its_alpha_band_are_bad(tmp_path):
    write_geotiff(tmp_path / "a.tif", CUBE)
    with rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.update_tags(1, bbl="0")
        file.scales, file.offsets = (0.5,) * 4, (3.0,) * 4
    raster = opened(tmp_path / "a.tif")
    assert raster.good == (False, True, True, True)
    assert (raster.scale, raster.offset) == (0.5, 3.0)
    with rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.scales = (0.5, 1, 1, 1)
    with pytest.raises(ValueError, match="its bands have 2 scales"):
        opened(tmp_path / "a.tif")


@pytest.mark.parametrize(("dtype", "fill"), [(np.int16, -9999), (np.float32, np.nan)])
def test_masked_pixels_hold_what_means_no_data(tmp_path, dtype, fill):
    write_geotiff(tmp_path / "a.tif", CUBE.astype(dtype))
    mask = np.full((5, 7), 255, np.uint8)
    mask[2, 3] = 0
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(tmp_path / "a.tif", "r+") as file,
    ):
        file.write_mask(mask)
    found = opened(tmp_path / "a.tif").read(slice(1, 4), slice(2, 6))
    expected = CUBE[1:4, 2:6].astype(dtype)
    expected[1, 1] = fill
    assert np.array_equal(found, expected, equal_nan=True)


def test_complex_numbers_are_refused(tmp_path):
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype=np.complex64,
        crs="EPSG:32633", transform=rasterio.Affine(1, 0, 5, 0, -1, 5),
    ) as file:  # fmt: skip
        file.write(np.ones((1, 2, 2), np.complex64))
    with pytest.raises(ValueError, match="holds complex64 values; save the real part"):
        opened(tmp_path / "a.tif")


def test_other_files_have_no_driver(tmp_path):
    (tmp_path / "a.txt").write_text("text", "utf-8")
    assert gdal_driver(tmp_path / "a.txt") is None
    (tmp_path / "b.xml").write_text("<GDAL_WMS><Service/></GDAL_WMS>", "utf-8")
    assert gdal_driver(tmp_path / "b.xml") is None, "a description of a web service is not opened"


@pytest.mark.parametrize(
    ("address", "virtual"),
    [
        ("https://a.example/b/c.tif?d=e", "/vsicurl/https://a.example/b/c.tif?d=e"),
        ("s3://bucket/b/c.tif", "/vsis3/bucket/b/c.tif"),
        ("/data/https/c.tif", None),
        ("ftp://a.example/c.tif", None),
    ],
)
def test_addresses_of_the_network_get_the_names_that_gdal_has_for_them(address, virtual):
    assert on_network(Path(address)) == virtual
    if virtual:
        assert shown(Path(address)) == address
