"""The files that a virtual raster of GDAL (VRT) refers to, checked before GDAL opens them.

GDAL opens a part of a VRT in whatever format it is, on the network too, and reads any file as bare
numbers. So a VRT of a stranger could call a web service, or put a file of the user's into a map.

Source: https://gdal.org/drivers/raster/vrt.html
"""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from hsi.files import refuse_irregular
from hsi.scene.reading import plain, unreadable

LARGEST_FILE = 2**26  # bytes of a description
DEEPEST = 8  # virtual rasters inside one another
# What names a file, in lower case: to GDAL capital letters and attributes are the same.
REFERENCES = ("sourcefilename", "sourcedataset")
METADATA = ("x_dataset", "y_dataset", "rpc_dem", "rpcdem", "dempath")  # keys that name one, too
BARE = "vrtrawrasterband"
KINDS = ("", "vrtdataset", "vrtwarpeddataset", "vrtpansharpeneddataset")
PARTS = "GeoTIFF, ENVI, VRT, ERDAS Imagine or JPEG 2000"


def refuse_strange_parts(path: Path, is_raster: Callable[[Path], bool]) -> None:
    """Refuse a virtual raster that refers to anything but rasters in files.

    Parts may lie anywhere on the disk, as those of a mosaic do. Bare numbers must lie in the folder
    of the VRT or below it.

    Args:
        path: The VRT.
        is_raster: Whether a file is of a format in which rasters are read, judged by its content.

    Raises:
        ValueError: Naming the VRT and the part, if a part is no file, is of another format, or if
            the VRT refers to itself.
    """
    _refuse(path, path, (path.resolve(),), is_raster)


def _refuse(
    path: Path, top: Path, above: tuple[Path, ...], is_raster: Callable[[Path], bool]
) -> None:
    for named, relative, bare in _references(path):
        what = f"{top} refers to {plain(named, 100)!r}"
        part = path.parent / named if relative else Path(named)
        try:
            refuse_irregular(part)
        except (ValueError, OSError) as error:
            raise ValueError(f"{what}: a part may be a file with a raster") from error
        found = part.resolve()
        if bare:
            if not found.is_relative_to(path.parent.resolve()):
                raise ValueError(f"{what}: bare numbers may lie in the folder of the VRT only")
            continue
        if found in above or len(above) > DEEPEST:
            raise ValueError(f"{what}, which refers to it again, or to too many others")
        if not is_raster(part):
            raise ValueError(f"{what}: a part may be {PARTS}")
        with part.open("rb") as file:
            virtual = file.read(64).lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<VRTDataset")
        if virtual:
            _refuse(part, top, (*above, found), is_raster)


def _references(path: Path) -> list[tuple[str, bool, bool]]:
    """Return the names of files, whether each is in the VRT's folder, and whether bare numbers."""
    found = []
    for element in _parsed(path).iter():
        if not isinstance(element.tag, str):  # a comment
            continue
        about = {key.lower(): value for key, value in element.attrib.items()}
        for text in (element.text or "", element.tail or "", *about.values()):
            if "/vsi" in text or "://" in text:
                raise ValueError(
                    f"{path} refers to files in archives or on the network ({plain(text, 100)!r})"
                )
        kind = about.get("subclass", "").lower()
        if element.tag.lower() == "vrtdataset" and kind not in KINDS:
            raise ValueError(f"{path}: may be a mosaic, it is {plain(kind, 40)!r}")
        bare = kind == BARE
        found += [(each, False, bare) for key, each in about.items() if key in REFERENCES]
        for child in element:
            if not isinstance(child.tag, str):
                continue
            within = {key.lower(): value for key, value in child.attrib.items()}
            key = within.get("key", "").lower()
            if child.tag.lower() not in REFERENCES and key not in METADATA:
                continue
            if len(child):  # GDAL would read the text before a comment alone
                raise ValueError(f"{path} cannot be read: {child.tag} may hold a name alone")
            if child.text:
                relative = within.get("relativetovrt", "0") == "1"
                found.append((child.text.lstrip(), relative, bare))
    return found


def _parsed(path: Path) -> ElementTree.Element:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{path}: a VRT may have at most {LARGEST_FILE:,} bytes")
    content = path.read_bytes()
    if b"/vsi" in content or b"://" in content:
        raise ValueError(f"{path} refers to files in archives or on the network")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError(f"{path} cannot be read: a VRT declares no entities")
    builder = ElementTree.TreeBuilder(insert_comments=True, insert_pis=True)
    try:
        return ElementTree.fromstring(content.lstrip(), ElementTree.XMLParser(target=builder))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise unreadable(path, error) from error
