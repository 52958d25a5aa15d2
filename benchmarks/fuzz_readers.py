"""Small valid files of every format that is read, and how each is read, for `benchmarks.fuzz`."""

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pyogrio.raw
import rasterio
import scipy.io
import shapely
import torch
import yaml
from rasterio.errors import NotGeoreferencedWarning

from experiments.studies.plan import read as read_study
from hsi.classifier import Classifier, load
from hsi.config import load_params
from hsi.describe import describe_classifier, describe_scene
from hsi.files import md5, read_array, read_json
from hsi.inference.scene import Answering
from hsi.inference.smoothing import NoSmoothing
from hsi.model import ModelRecipe, build_model, load_model, save_model
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape
from hsi.reduction.pca import fit_pca
from hsi.reduction.projection import Projection
from hsi.scene.arrays import Source, read_variable
from hsi.scene.grid import Grid
from hsi.scene.info import SceneInfo
from hsi.scene.labels.read import read_labels
from hsi.scene.labels.source import LabelSource
from hsi.scene.open import open_raster
from hsi.tensors import read_tensors, write_tensors
from hsi.training import checkpoint

HEIGHT, WIDTH, BANDS = 12, 10, 4
WAVELENGTHS = (450.0, 550.0, 650.0, 850.0)
CRS = "EPSG:32633"
PLACE = (2.0, 0.0, 500_000.0, 0.0, -2.0, 4_500_000.0)
GRID = Grid(HEIGHT, WIDTH, CRS, PLACE)
WINDOWS = 8  # of a scene that are read at most: a header may claim very many pixels
CUBE = np.random.default_rng(0).integers(0, 3000, (HEIGHT, WIDTH, BANDS)).astype(np.int16)
LABELS = np.tile(np.arange(WIDTH) * 3 // WIDTH + 1, (HEIGHT, 1)).astype(np.uint8)
INFO = SceneInfo("custom", (1, 2, 3), (0,), None, ("wheat", "oat", "rye"), "", WAVELENGTHS,
                 (2, 1, 0), "", "")  # fmt: skip


def _nothing(folder: Path) -> None:
    """Leave the files as they are."""


@dataclass(frozen=True)
class Reader:
    """A format, and the code that reads it.

    Attributes:
        name: The file that is read, in the folder that `make` has filled.
        make: Writes the valid files.
        damaged: Those of them that are damaged.
        read: Reads the file, and raises AssertionError where what it has read contradicts itself.
        sign: Repairs digests after the damage, as a stranger would.
        lines: Whether an error may have a line for each mistake.
    """

    name: str
    make: Callable[[Path], None]
    damaged: tuple[str, ...]
    read: Callable[[Path], None]
    sign: Callable[[Path], None] = _nothing
    lines: bool = False

    def write(self, folder: Path) -> Path:
        """Write the valid files, and return the one to be read."""
        for name, content in _files_of(self.make).items():
            (folder / name).write_bytes(content)
        return folder / self.name


@cache
def _files_of(make: Callable[[Path], None]) -> dict[str, bytes]:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make(Path(folder))
        return {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}


def read_scene(path: Path) -> None:
    """Open a scene, describe it as `hsi info` does, and read some of its windows."""
    raster = open_raster(Source(path, None, "--key"), None, None, (BANDS,), "--band-axis")
    height, width, bands = raster.shape
    assert height > 0, "no row"
    assert width > 0, "no column"
    assert bands > 0, "no band"
    assert raster.wavelengths is None or len(raster.wavelengths) == bands, "other wavelengths"
    assert len(raster.good) == bands, "other bad bands"
    describe_scene(raster)
    for rows, columns in raster.windows()[:WINDOWS]:
        values = raster.read(rows, columns)
        shape = (rows.stop - rows.start, columns.stop - columns.start, bands)
        assert values.shape == shape, f"shape {values.shape}, not {shape}"
        assert values.dtype.kind in "uif", f"{values.dtype}"


def read_labels_of(path: Path) -> None:
    """Read labels on the grid of a scene."""
    labels, _ = read_labels(LabelSource(path, None, None, "--labels"), GRID, (0,))
    assert labels.raster.shape == (HEIGHT, WIDTH), "labels of another shape"
    assert labels.labelled.shape == (HEIGHT, WIDTH), "labels of another shape"


def read_mask(path: Path) -> None:
    """Read an array of two axes, as a mask of a split or a truth."""
    mask = read_variable(Source(path, None, "split.file.train_key"), 2)
    assert mask.ndim == 2, f"{mask.ndim} axes"
    np.isnan(mask).sum()


def read_classifier(path: Path) -> None:
    """Load a classifier, describe it, and classify a small scene."""
    classifier = load(path.parent)
    describe_classifier(classifier)
    found = classifier.predict(CUBE, WAVELENGTHS)
    assert found.classes.shape == (HEIGHT, WIDTH), "classes of another shape"


def read_model(path: Path) -> None:
    """Load a model file."""
    load_model(path, "cpu")


def read_checkpoint(path: Path) -> None:
    """Read a checkpoint of a training."""
    assert isinstance(checkpoint.load(path, "cpu"), dict), "no dictionary"


def read_plan(path: Path) -> None:
    """Read the plan of a study, against the valid params.yaml beside it."""
    read_study(path.parent, path.with_name("params.yaml"))


def read_info(path: Path) -> None:
    """Read scene.json."""
    SceneInfo.load(path.parent)


def _geotiff(path: Path, values: np.ndarray, **profile: object) -> None:
    bands, height, width = values.shape
    place = rasterio.Affine(*PLACE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            height=height,
            width=width,
            count=bands,
            dtype=values.dtype,
            crs=CRS,
            transform=place,
            **profile,
        ) as file:
            file.write(values)
            for band in range(1, bands + 1):
                file.update_tags(band, wavelength=WAVELENGTHS[band - 1], wavelength_units="nm")


def _plain_tiff(folder: Path) -> None:
    _geotiff(folder / "scene.tif", CUBE.transpose(2, 0, 1), driver="GTiff", nodata=-9999)


def _packed_tiff(folder: Path) -> None:
    _geotiff(
        folder / "scene.tif",
        CUBE.transpose(2, 0, 1),
        driver="GTiff",
        tiled=True,
        blockxsize=16,
        blockysize=16,
        compress="deflate",
        predictor=2,
        interleave="pixel",
    )


def _erdas(folder: Path) -> None:
    _geotiff(folder / "scene.img", CUBE.transpose(2, 0, 1), driver="HFA", compressed="YES")


def _jpeg2000(folder: Path) -> None:
    values = CUBE.transpose(2, 0, 1)
    _geotiff(folder / "scene.jp2", values, driver="JP2OpenJPEG", quality=100, reversible="YES")


def _envi(folder: Path) -> None:
    (folder / "scene.img").write_bytes(np.ascontiguousarray(CUBE.transpose(2, 0, 1)).tobytes())
    (folder / "scene.hdr").write_text(
        f"ENVI\nsamples = {WIDTH}\nlines = {HEIGHT}\nbands = {BANDS}\nheader offset = 0\n"
        "file type = ENVI Standard\ndata type = 2\ninterleave = bsq\nbyte order = 0\n"
        "wavelength units = Nanometers\nwavelength = {450, 550, 650, 850}\nbbl = {1, 1, 0, 1}\n"
        "map info = {UTM, 1, 1, 500000, 4500000, 2, 2, 33, North, WGS-84, units=Meters}\n"
        "data ignore value = -9999\nreflectance scale factor = 10000\n",
        encoding="utf-8",
    )


def _vrt(folder: Path) -> None:
    _geotiff(folder / "part.tif", CUBE.transpose(2, 0, 1), driver="GTiff", nodata=-9999)
    bands = "".join(
        f'<VRTRasterBand dataType="Int16" band="{band}"><NoDataValue>-9999</NoDataValue>'
        f'<Metadata><MDI key="wavelength">{WAVELENGTHS[band - 1]}</MDI></Metadata>'
        '<ComplexSource><SourceFilename relativeToVRT="1">part.tif</SourceFilename>'
        f'<SourceBand>{band}</SourceBand><SrcRect xOff="0" yOff="0" xSize="{WIDTH}" '
        f'ySize="{HEIGHT}"/><DstRect xOff="0" yOff="0" xSize="{WIDTH}" ySize="{HEIGHT}"/>'
        "<NODATA>-9999</NODATA></ComplexSource></VRTRasterBand>"
        for band in range(1, BANDS + 1)
    )
    (folder / "scene.vrt").write_text(
        f'<VRTDataset rasterXSize="{WIDTH}" rasterYSize="{HEIGHT}"><SRS>{CRS}</SRS>'
        f"<GeoTransform>500000, 2, 0, 4500000, 0, -2</GeoTransform>{bands}</VRTDataset>",
        encoding="utf-8",
    )


def _hdf5(folder: Path) -> None:
    with h5py.File(folder / "scene.h5", "w") as file:
        data = file.create_dataset(
            "L2A/cube", data=CUBE, chunks=(4, 5, 2), compression="gzip", shuffle=True
        )
        data.attrs["_FillValue"] = np.int16(-9999)
        data.attrs["scale_factor"], data.attrs["units"] = 0.1, "1"
        file["L2A/wavelengths"] = np.array(WAVELENGTHS, np.float32)


def _netcdf(folder: Path) -> None:
    with h5py.File(folder / "scene.nc", "w", libver=("v108", "v108")) as file:
        data = file.create_dataset("reflectance", data=CUBE.astype(np.float32), fletcher32=True)
        for axis, (name, values) in enumerate(
            {"y": np.arange(HEIGHT), "x": np.arange(WIDTH), "wavelength": WAVELENGTHS}.items()
        ):
            file[name] = np.asarray(values, np.float64)
            file[name].make_scale(name)
            data.dims[axis].attach_scale(file[name])


def _matlab73(folder: Path) -> None:
    path = folder / "scene.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("cube", data=CUBE.T).attrs["MATLAB_class"] = np.bytes_("int16")
        file["wavelength"] = np.array([WAVELENGTHS]).T
    with path.open("r+b") as opened:
        opened.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


def _matlab5(folder: Path) -> None:
    content = {"cube": CUBE, "wavelength": np.array(WAVELENGTHS), "about": "text"}
    scipy.io.savemat(folder / "scene.mat", content)


def _matlab5_packed(folder: Path) -> None:
    scipy.io.savemat(folder / "scene.mat", {"cube": CUBE}, do_compression=True)


def _matlab4(folder: Path) -> None:
    scipy.io.savemat(folder / "mask.mat", {"mask": LABELS}, format="4")


def _npy(folder: Path) -> None:
    np.save(folder / "scene.npy", CUBE)


def _mask_npy(folder: Path) -> None:
    np.save(folder / "mask.npy", LABELS)


def _label_tiff(folder: Path) -> None:
    _geotiff(folder / "labels.tif", LABELS[None], driver="GTiff", compress="lzw", nodata=0)


def _label_png(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            folder / "labels.png", "w", "PNG", WIDTH, HEIGHT, 1, dtype="uint8"
        ) as file:
            file.write(LABELS[None])
    (folder / "labels.png.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><CategoryNames><Category>none</Category><Category>"
        "wheat</Category><Category>oat</Category></CategoryNames></PAMRasterBand></PAMDataset>",
        encoding="utf-8",
    )


def _label_grid(folder: Path) -> None:
    lines = "\n".join(" ".join(map(str, row)) for row in LABELS.tolist())
    (folder / "labels.asc").write_text(
        f"ncols {WIDTH}\nnrows {HEIGHT}\nxllcorner 500000\nyllcorner 4499976\ncellsize 2\n"
        f"NODATA_value 0\n{lines}\n",
        encoding="ascii",
    )


def _label_envi(folder: Path) -> None:
    (folder / "labels.img").write_bytes(LABELS.tobytes())
    (folder / "labels.hdr").write_text(
        f"ENVI\nsamples = {WIDTH}\nlines = {HEIGHT}\nbands = 1\nheader offset = 0\n"
        "file type = ENVI Classification\ndata type = 1\ninterleave = bsq\nclasses = 4\n"
        "class lookup = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}\n"
        "class names = {none, wheat, oat, rye}\n",
        encoding="utf-8",
    )


SHAPES = [
    shapely.box(500_000, 4_499_976, 500_008, 4_500_000),
    shapely.Polygon([(500_009, 4_499_976), (500_014, 4_499_980), (500_010, 4_499_999)]),
    shapely.box(500_015, 4_499_980, 500_040, 4_500_010),
]


def _vector(path: Path, driver: str) -> None:
    fields = [np.array(["wheat", "oat", "rye"], object), np.array([1, 2, 3])]
    geometry = shapely.to_wkb(np.array(SHAPES, object))
    pyogrio.raw.write(
        path, geometry, fields, ["class", "number"], geometry_type="Polygon", crs=CRS, driver=driver
    )


def _geopackage(folder: Path) -> None:
    _vector(folder / "labels.gpkg", "GPKG")


def _shapefile(folder: Path) -> None:
    _vector(folder / "labels.shp", "ESRI Shapefile")


def _geojson(folder: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"class": name, "number": 1},
         "geometry": json.loads(shapely.to_geojson(shape))}
        for name, shape in zip(("wheat", "oat", "rye"), SHAPES, strict=True)
    ]  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
    content = {"type": "FeatureCollection", "crs": crs, "features": features}
    (folder / "labels.geojson").write_text(json.dumps(content), encoding="utf-8")


def _table(folder: Path) -> None:
    lines = "".join(f"{row},{row % WIDTH},{'wheat' if row % 2 else 'oat'}\n" for row in range(9))
    (folder / "labels.csv").write_text(f"row,column,class\n{lines}", encoding="utf-8")


def _params(folder: Path) -> None:
    (folder / "params.yaml").write_bytes(Path("params.yaml").read_bytes())


def _study(folder: Path) -> None:
    _params(folder)
    plan = {
        "about": "Does squeeze-and-excitation help?",
        "scored_on": "test",
        "seeds": [1, 2],
        "always": ["train.epochs=2", "scene.custom.class_names={1: wheat}"],
        "splits": {"blocks": ["split.method=blocks"], "random": ["split.method=random_matched"]},
        "variants": {"plain": ["model.attention=none"], "se": ["model.attention=se"]},
        "compare": [["se", "plain"]],
        "gaps": [["random", "blocks"]],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")


RECIPE = ModelRecipe(
    "cnn2d",
    {"batch_norm": True, "dropout": 0.4},
    InputShape(3, 5, 3),
    AttentionRecipe("se", {"reduction": 4, "bias": False}, ["conv2d"], False),
)


def _projection() -> Projection:
    return fit_pca(CUBE, np.ones((HEIGHT, WIDTH), bool), 3, "none", True)[0]


def _classifier(folder: Path) -> None:
    torch.manual_seed(0)
    evidence = {
        "regime": "inductive",
        "trained_on": "train",
        "delivered_pixels": 40,
        "scores": {"oa": 0.9876, "aa": 0.5, "kappa": 0.25},
        "floor": {"oa": 0.75, "aa": 0.4, "kappa": 0.2},
        "leak": 0.93,
        "split": "random",
        "split_seed": 345,
        "train_pixels": 40,
        "test_pixels": 80,
        "model_md5": "0123456789abcdef",
        "cube_md5": "fedcba9876543210",
        "commit": "c0ffee",
    }
    Classifier(
        model=build_model(RECIPE).eval(),
        recipe=RECIPE,
        projection=_projection(),
        scene=INFO,
        colours=("#000000", "#110000", "#220000", "#330000"),
        how=Answering(False, NoSmoothing(), 1.5),
        evidence=evidence,
    ).save(folder)


def _sign_classifier(folder: Path) -> None:
    """Put the digest of a changed config.json into whole weights."""
    weights = folder / "model.safetensors"
    try:
        tensors, _ = read_tensors(weights)
    except ValueError:
        return
    write_tensors(weights, tensors, {"config_md5": md5(folder / "config.json")})


def _model(folder: Path) -> None:
    torch.manual_seed(0)
    save_model(folder / "model.safetensors", build_model(RECIPE), RECIPE)


def _checkpoint(folder: Path) -> None:
    state = {"epoch": 3, "weights": {"a": torch.arange(12.0)}, "history": [{"loss": 0.5}]}
    checkpoint.save(folder / "state.pt", state)


def _sign_checkpoint(folder: Path) -> None:
    path = folder / "state.pt"
    content = path.read_bytes()[checkpoint.DIGEST :]
    path.write_bytes(hashlib.sha256(content).digest() + content)


def _scene_json(folder: Path) -> None:
    from dataclasses import asdict

    (folder / "scene.json").write_text(json.dumps(asdict(INFO), indent=1), encoding="utf-8")


def _projection_file(folder: Path) -> None:
    _projection().save(folder / "projection.npz")


def _read_projection(path: Path) -> None:
    Projection.load(path)


def _read_array(path: Path) -> None:
    read_array(path)
    read_array(path, in_memory=False)


def _read_json(path: Path) -> None:
    read_json(path)


def _read_params(path: Path) -> None:
    load_params(path)


SHAPEFILE = tuple(f"labels.{suffix}" for suffix in ("shp", "shx", "dbf", "prj", "cpg"))
READERS = {
    "npy": Reader("scene.npy", _npy, ("scene.npy",), read_scene),
    "mat5": Reader("scene.mat", _matlab5, ("scene.mat",), read_scene),
    "mat5_compressed": Reader("scene.mat", _matlab5_packed, ("scene.mat",), read_scene),
    "mat4": Reader("mask.mat", _matlab4, ("mask.mat",), read_mask),
    "mat73": Reader("scene.mat", _matlab73, ("scene.mat",), read_scene),
    "hdf5": Reader("scene.h5", _hdf5, ("scene.h5",), read_scene),
    "netcdf": Reader("scene.nc", _netcdf, ("scene.nc",), read_scene),
    "envi": Reader("scene.hdr", _envi, ("scene.hdr", "scene.hdr", "scene.img"), read_scene),
    "geotiff": Reader("scene.tif", _plain_tiff, ("scene.tif",), read_scene),
    "geotiff_tiled": Reader("scene.tif", _packed_tiff, ("scene.tif",), read_scene),
    "vrt": Reader("scene.vrt", _vrt, ("scene.vrt",) * 5 + ("part.tif",), read_scene),
    "erdas": Reader("scene.img", _erdas, ("scene.img",), read_scene),
    "jpeg2000": Reader("scene.jp2", _jpeg2000, ("scene.jp2",), read_scene),
    "mask": Reader("mask.npy", _mask_npy, ("mask.npy",), read_mask),
    "label_tiff": Reader("labels.tif", _label_tiff, ("labels.tif",), read_labels_of),
    "label_png": Reader(
        "labels.png", _label_png, ("labels.png", "labels.png.aux.xml"), read_labels_of
    ),
    "label_grid": Reader("labels.asc", _label_grid, ("labels.asc",), read_labels_of),
    "label_envi": Reader("labels.hdr", _label_envi, ("labels.hdr",), read_labels_of),
    "geopackage": Reader("labels.gpkg", _geopackage, ("labels.gpkg",), read_labels_of),
    "shapefile": Reader("labels.shp", _shapefile, SHAPEFILE, read_labels_of),
    "geojson": Reader("labels.geojson", _geojson, ("labels.geojson",), read_labels_of),
    "table": Reader("labels.csv", _table, ("labels.csv",), read_labels_of),
    "params": Reader("params.yaml", _params, ("params.yaml",), _read_params, lines=True),
    "study": Reader("study.yaml", _study, ("study.yaml",), read_plan, lines=True),
    "model": Reader("model.safetensors", _model, ("model.safetensors",), read_model),
    "classifier": Reader(
        "config.json",
        _classifier,
        ("config.json",) * 4 + ("model.safetensors",),
        read_classifier,
        _sign_classifier,
    ),
    "checkpoint": Reader("state.pt", _checkpoint, ("state.pt",), read_checkpoint, _sign_checkpoint),
    "scene_json": Reader("scene.json", _scene_json, ("scene.json",), read_info),
    "projection": Reader("projection.npz", _projection_file, ("projection.npz",), _read_projection),
}
