from pathlib import Path

import numpy as np
import pytest
from file_server import served
from scene_files import write_geotiff, write_vrt

from hsi.scene.arrays import Source
from hsi.scene.open import open_raster
from hsi.scene.vrt import refuse_strange_parts

CUBE = np.arange(5 * 7 * 4, dtype=np.int16).reshape(5, 7, 4)
SERVICE = (
    '<GDAL_WMS><Service name="TMS"><ServerUrl>{}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service>'
    "<DataWindow><SizeX>7</SizeX><SizeY>5</SizeY></DataWindow></GDAL_WMS>"
)


def described(path: Path, inside: str, kind: str = "", about: str = "") -> Path:
    path.write_text(
        f'<VRTDataset rasterXSize="7" rasterYSize="5" {about}><VRTRasterBand dataType="Int16" '
        f'band="1" {kind}>{inside}</VRTRasterBand></VRTDataset>',
        encoding="utf-8",
    )
    return path


def source(name: str, relative: int = 1) -> str:
    return (
        f'<SimpleSource><SourceFilename relativeToVRT="{relative}">{name}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource>"
    )


def refused(path: Path) -> str:
    with pytest.raises(ValueError, match="scene") as error:
        open_raster(Source(path, None, "--key"), None, None, (), "--band-axis")
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


RAW = 'subClass="VRTRawRasterBand"'


@pytest.mark.parametrize(
    ("inside", "kind", "about", "message"),
    [
        (source("/etc/passwd", 0), "", "", "refers to '/etc/passwd': a part may be GeoTIFF"),
        (source("/dev/zero", 0), "", "", "refers to '/dev/zero': a part may be a file"),
        (source("service.xml"), "", "", "refers to 'service.xml': a part may be GeoTIFF"),
        (source("absent.tif"), "", "", "refers to 'absent.tif': a part may be a file"),
        (source("scene.vrt"), "", "", "refers to 'scene.vrt', which refers to it again"),
        (source("other.vrt"), "", "", "refers to 'scene.vrt', which refers to it again"),
        (source("/vsizip/a.zip/b.tif", 0), "", "", "archives or on the network"),
        (source("&#47;vsizip/a.zip/b.tif", 0), "", "", "archives or on the network"),
        (source("http:&#47;/a.example/b.tif", 0), "", "", "archives or on the network"),
        (source("whole.tif<!-- -->x"), "", "", "may hold a name alone"),
        ("<sourcefilename>service.xml</sourcefilename>", "", "", "a part may be"),
        ('<SimpleSource SourceFilename="service.xml"/>', "", "", "a part may be"),
        ('<MDI key="X_DATASET">service.xml</MDI>', "", "", "a part may be"),
        ("<SourceFilename>/etc/passwd</SourceFilename>", RAW, "", "in the folder of the VRT only"),
        ("", "", 'subClass="VRTProcessedDataset"', "may be a mosaic, it is 'vrtprocesseddataset'"),
    ],
)
def test_only_rasters_in_files_may_be_parts(tmp_path, inside, kind, about, message):
    write_geotiff(tmp_path / "whole.tif", CUBE)
    (tmp_path / "service.xml").write_text(SERVICE.format("http://127.0.0.1:9"), encoding="utf-8")
    described(tmp_path / "other.vrt", source("scene.vrt"))
    assert message in refused(described(tmp_path / "scene.vrt", inside, kind, about))


def test_declared_entities_and_what_is_no_xml_are_refused(tmp_path):
    path = tmp_path / "scene.vrt"
    path.write_text("<VRTDataset><!DOCTYPE a [<!ENTITY b 'c'>]></VRTDataset>", encoding="utf-8")
    assert "declares no entities" in refused(path)
    path.write_text("<VRTDataset><a></VRTDataset>", encoding="utf-8")
    assert "cannot be read: mismatched tag" in refused(path)


def test_a_mosaic_of_files_is_read_wherever_they_lie(tmp_path):
    (tmp_path / "disk").mkdir()
    write_vrt(tmp_path / "disk/part.vrt", CUBE)
    (tmp_path / "link.tif").symlink_to(tmp_path / "disk/part.tif")
    for name in ("disk/part.vrt", "link.tif"):
        path = described(tmp_path / "scene.vrt", source(str(tmp_path / name), 0))
        raster = open_raster(Source(path, None, "--key"), None, None, (), "--band-axis")
        assert np.array_equal(raster.read(slice(0, 5), slice(0, 7)), CUBE[..., :1])


def test_bare_numbers_beside_a_virtual_raster_are_parts(tmp_path):
    (tmp_path / "numbers").write_bytes(bytes(70))
    inside = '<SourceFilename relativeToVRT="1">numbers</SourceFilename>'
    refuse_strange_parts(described(tmp_path / "scene.vrt", inside, RAW), lambda part: False)


def test_virtual_rasters_inside_one_another_have_an_end(tmp_path):
    write_geotiff(tmp_path / "0.tif", CUBE)
    described(tmp_path / "0.vrt", source("0.tif"))
    for depth in range(1, 12):
        described(tmp_path / f"{depth}.vrt", source(f"{depth - 1}.vrt"))
    described(tmp_path / "scene.vrt", source("11.vrt"))
    assert "too many others" in refused(tmp_path / "scene.vrt")


@pytest.mark.parametrize("beside", [False, True])
def test_metadata_do_not_lead_to_the_network(tmp_path, beside):
    """GDAL opens the overviews that the metadata of a raster name, wherever they are."""
    write_geotiff(tmp_path / "scene.tif", CUBE)
    with served(tmp_path) as address:
        (tmp_path / "scene.tif").rename(tmp_path / "plain.tif")
        name = f"/vsicurl/{address}/plain.tif"
        if beside:
            (tmp_path / "scene.tif.aux.xml").write_text(
                f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{name}</MDI>'
                "</Metadata></PAMDataset>",
                encoding="utf-8",
            )
            (tmp_path / "plain.tif").rename(tmp_path / "scene.tif")
        else:
            import rasterio

            (tmp_path / "plain.tif").rename(tmp_path / "scene.tif")
            with rasterio.open(tmp_path / "scene.tif", "r+") as file:
                file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=name)
        assert "refers to another file, '/vsicurl/" in refused(tmp_path / "scene.tif")
