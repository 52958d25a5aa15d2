"""Names of the classes of a raster, from where ENVI and GDAL keep them."""

from pathlib import Path
from xml.etree import ElementTree

LARGEST_FILE = 2**20  # bytes of names; whatever is larger holds something else


def category_names(path: Path, envi: dict[str, str]) -> dict[int, str]:
    """Return names of labels, as far as there are any.

    Args:
        path: The raster; names may be in GDAL's file beside it, PATH.aux.xml.
        envi: The tags of an ENVI header as rasterio gives them, empty for other formats.
    """
    listed = envi.get("class_names", "").strip().strip("{}")
    names = [name.strip() for name in listed.split(",")] if listed else _beside(path)
    if envi.get("classes", str(len(names))).strip() != str(len(names)):
        return {}  # a comma in a name cannot be told from one between names
    return {label: name for label, name in enumerate(names) if name}


def _beside(path: Path) -> list[str]:
    file = path.with_name(f"{path.name}.aux.xml")
    if not file.is_file() or file.stat().st_size > LARGEST_FILE:
        return []
    try:
        root = ElementTree.fromstring(file.read_bytes())
    except ElementTree.ParseError:
        return []
    return [(each.text or "").strip() for each in root.findall(".//CategoryNames/Category")]
