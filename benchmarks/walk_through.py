"""Make a georeferenced scene and its labels, and the pictures of docs/walk-through.md.

    python -m benchmarks.walk_through data/scenes       # the files alone, to follow by hand
    python -m benchmarks.walk_through                   # run the page's commands, draw its pictures

The scene has 160 x 200 pixels of 4 m, 72 bands, fields of five classes, a border without data as a
turned strip has, and two bands that hold no data. A second scene has other fields of the same
classes in other light.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from matplotlib.figure import Figure
from rasterio.features import rasterize

from hsi.pictures.figures import in_bytes, show, write_figure
from hsi.pictures.maps import false_colour
from hsi.scene.arrays import Source
from hsi.scene.open import open_raster
from hsi.scene.spectrum import false_colour_bands
from hsi.scene.valid import find_valid

CLASSES = ("bare soil", "grass", "maize", "roof", "water")
HEIGHT, WIDTH, BANDS, PIXEL = 160, 200, 72, 4.0
NANOMETRES = np.linspace(420, 2400, BANDS)
CRS, NODATA = "EPSG:32633", -32768
DOCS = Path("docs/walk-through")
CHANGES = """
import pathlib
path = pathlib.Path("params.yaml")
text = path.read_text(encoding="utf-8")
for old, new in {
    "name: indian_pines ": "name: custom ",
    "cube: data/scenes/cube.mat ": "cube: data/scenes/june.tif ",
    "truth: data/scenes/truth.mat ": "truth: data/scenes/fields.gpkg ",
    "method: random  ": "method: polygons  ",
    "train: 0.1 ": "train: 0.4 ",
    "components: 15": "components: 8",
    "fit_on: scene  ": "fit_on: train  ",
    "window: 19": "window: 9",
    "name: hybridsn  ": "name: cnn2d  ",
}.items():
    assert text.count(old) == 1, old
    text = text.replace(old, new)
path.write_text(text, encoding="utf-8")
"""


def spectra() -> np.ndarray:
    """Return a (classes, bands) reflectance of each class, drawn with smooth curves."""
    x = (NANOMETRES - 420) / 1980
    red_edge = 1 / (1 + np.exp(-(NANOMETRES - 715) / 15))
    water_bands = np.exp(-(((NANOMETRES - 1450) / 70) ** 2)) + np.exp(
        -(((NANOMETRES - 1940) / 80) ** 2)
    )
    green = 0.04 + 0.05 * np.exp(-(((NANOMETRES - 550) / 40) ** 2))
    return np.stack(
        [
            0.10 + 0.25 * x**0.6 - 0.04 * water_bands,
            green + red_edge * (0.42 - 0.28 * x) * (1 - 0.5 * water_bands),
            green * 0.9 + red_edge * (0.47 - 0.36 * x) * (1 - 0.7 * water_bands),
            0.22 + 0.06 * np.sin(6 * x) + 0.04 * x,
            0.05 * np.exp(-4 * x),
        ]
    ).clip(0.003)


def fields(seed: int, left: float, top: float) -> tuple[list[shapely.Polygon], list[int]]:
    """Return polygons of fields, with a path between neighbours, and their classes."""
    generator = np.random.default_rng(seed)
    size = np.array([WIDTH, HEIGHT]) * PIXEL
    points = shapely.MultiPoint(generator.random((45, 2)) * size + (left, top - size[1]))
    area = shapely.box(left, top - size[1], left + size[0], top)
    cells = shapely.voronoi_polygons(points, extend_to=area)
    shapes = [cell.intersection(area).buffer(-2 * PIXEL) for cell in cells.geoms]
    shapes = [shape for shape in shapes if shape.area > 60 * PIXEL**2]
    return shapes, [k % len(CLASSES) for k in range(len(shapes))]


def write_scene(path: Path, seed: int, left: float, top: float, light: float) -> None:
    """Write a scene as GeoTIFF, and its fields as a GeoPackage beside it."""
    generator = np.random.default_rng(seed + 1)
    shapes, classes = fields(seed, left, top)
    place = rasterio.Affine(PIXEL, 0, left, 0, -PIXEL, top)
    numbered = [(shape, k + 1) for shape, k in zip(shapes, classes, strict=True)]
    truth = rasterize(numbered, (HEIGHT, WIDTH), transform=place, dtype="int32")
    known = np.vstack([spectra()[0] * 0.8, spectra()])  # paths are darker soil
    shade = light * (1 + 0.25 * generator.standard_normal((HEIGHT, WIDTH, 1)))
    noise = 0.03 * generator.standard_normal((HEIGHT, WIDTH, BANDS))
    values = ((known[truth] * shade + noise) * 10_000).round().clip(1, 20_000).astype(np.int16)
    rows, columns = np.indices((HEIGHT, WIDTH))
    values[rows + columns / 6 < 14] = NODATA
    values[..., 40:42] = NODATA
    with rasterio.open(
        path, "w", driver="GTiff", height=HEIGHT, width=WIDTH, count=BANDS, dtype=np.int16,
        crs=CRS, transform=place, nodata=NODATA, compress="deflate",
    ) as file:  # fmt: skip
        file.write(values.transpose(2, 0, 1))
        for band, nanometres in enumerate(NANOMETRES, start=1):
            file.update_tags(band, wavelength=f"{nanometres:.2f}", wavelength_units="Nanometers")
    drawn = path.with_name({"june": "fields", "july": "fields-july"}[path.stem] + ".gpkg")
    drawn.unlink(missing_ok=True)
    pyogrio.raw.write(
        drawn,
        np.array([shapely.to_wkb(shape) for shape in shapes], object),
        [np.array([CLASSES[k] for k in classes], object)],
        ["class"],
        geometry_type="Polygon",
        crs=CRS,
        layer="fields",
    )


def write_files(folder: Path) -> None:
    """Write both scenes and their labels."""
    write_scene(folder / "june.tif", 1, 500_000, 5_800_000, light=1.0)
    write_scene(folder / "july.tif", 2, 500_400, 5_799_600, light=0.7)


def over(scene: Path, map_png: Path, caption: str) -> Figure:
    """Draw a scene, and its map over it."""
    raster = open_raster(Source(scene, None, ""), None, None, (), "")
    kept = raster.select([band for band in range(BANDS) if band not in (40, 41)])
    valid, _ = find_valid(kept, None, "")
    cube = kept.read(slice(0, HEIGHT), slice(0, WIDTH))
    colours = false_colour_bands(kept.wavelengths, len(kept.numbers))
    picture = false_colour(cube, colours, valid, slice(None, None, 1))
    picture[~valid] = 1
    image = np.asarray(rasterio.open(map_png).read().transpose(1, 2, 0), np.float64) / 255
    opacity = image[..., 3:] * 0.55
    figure = Figure(figsize=(11, 4.9), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    show(left, in_bytes(picture), scene.name)
    show(right, in_bytes(picture * (1 - opacity) + image[..., :3] * opacity), caption)
    return figure


def main() -> None:
    """Write the files into a folder, or without one run the walk-through."""
    if len(sys.argv) > 1:
        write_files(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "clone"

        def run(*command: str) -> str:
            done = subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True)
            return done.stdout + done.stderr

        subprocess.run(["git", "clone", "-q", ".", clone], check=True)
        write_files(clone / "data/scenes")
        hsi = (sys.executable, "-m", "hsi.cli")
        june, july = "data/scenes/june.tif", "data/scenes/july.tif"
        said = run(*hsi, "info", june, "--labels", "data/scenes/fields.gpkg")
        run(*hsi, "spectra", june, "data/scenes/fields.gpkg", "spectra.png")
        run(sys.executable, "-c", CHANGES)
        said += run("dvc", "repro", "--quiet")
        picture = ("--picture", "july.png", "--confidence", "confidence.tif")
        said += run(*hsi, "predict", "data/classifier", july, "map.tif", *picture)
        said += run(*hsi, "score", "data/classifier", july, "data/scenes/fields-july.gpkg")
        DOCS.mkdir(exist_ok=True)
        shutil.copy(clone / "spectra.png", DOCS / "spectra.png")
        of_june = over(clone / june, clone / "data/map/classes.png", "map over the scene")
        write_figure(DOCS / "june.png", of_june)
        of_july = over(clone / july, clone / "july.png", "map of the next month's scene")
        write_figure(DOCS / "july.png", of_july)
        (DOCS / "output.txt").write_text(said, encoding="utf-8")
        print(said)


if __name__ == "__main__":
    main()
