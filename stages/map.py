"""Write the map of the scene, as rasters and as a picture."""

from pathlib import Path

from experiments import tracking
from hsi.config import load_params
from hsi.cube.pixels import Pixels
from hsi.files import read_array, read_json, write_array
from hsi.inference.prediction import Prediction
from hsi.maps.classes import new_class_map
from hsi.maps.geotiff import new_layers
from hsi.pictures.figures import write_figure
from hsi.pictures.image import write_image
from hsi.pictures.maps import map_picture
from hsi.pictures.palette import palette
from hsi.scene.info import SceneInfo, load_cube, load_truth, load_valid
from stages import run

MODEL, HISTORY = Path("data/model/model.safetensors"), Path("data/model/history.csv")
RAW, INFERENCE, OUT = Path("data/raw"), Path("data/inference"), Path("data/map")
DELIVERED = Path("data/delivered")
PICTURE = Path("metrics/plots/map.png")
ALL = slice(None)  # rows or columns


def main() -> None:
    """Read data/delivered/, inference/, raw/ and split/; write data/map/ and a picture."""
    params, info = load_params(), SceneInfo.load(RAW)
    prediction = Prediction.load(DELIVERED)
    classes, names = prediction.classes, info.class_names
    grid, colours = info.grid(*classes.shape), palette(len(names))
    for name in ("classes.tif", "classes.hdr"):
        with new_class_map(OUT / name, grid, info.labels, names, colours) as put:
            put(ALL, ALL, classes)
    for name, layer in (("confidence", prediction.confidence), ("entropy", prediction.entropy)):
        with new_layers(OUT / f"{name}.tif", grid, (name,)) as put:
            put(ALL, ALL, layer[None])
    write_image(OUT / "classes.png", OUT / "classes.tif")
    write_array(OUT / "labels.npy", info.to_labels(classes))

    pixels = Pixels.load(Path("data/split/pixels.npy"))
    answers = read_array(INFERENCE / "probability.npy").argmax(1)
    cube, valid, truth = load_cube(RAW), load_valid(RAW), load_truth(RAW)
    of_all = read_json(Path("metrics/deliver.json"))["deliver"] == "all"
    figure = map_picture(cube, valid, truth, prediction, pixels, answers, info, of_all)
    write_figure(PICTURE, figure)
    tracking.of_model(params, MODEL, HISTORY).log_files([PICTURE])


if __name__ == "__main__":
    run(main)
