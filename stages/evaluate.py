"""Score the answers on test pixels, beside the floor of the split."""

import sys
from pathlib import Path

from experiments import tracking
from experiments.finished import remove_stored
from experiments.mlflow_names import metric_names
from hsi.config import load_params
from hsi.cube.pixels import TEST, Pixels
from hsi.files import read_array, read_json, write_json, write_table
from hsi.pictures.evaluation import write_by_distance, write_evaluation
from hsi.scene.info import SceneInfo
from hsi.scores.distance import by_distance
from hsi.scores.evaluation import answer_table, evaluate
from hsi.split.floor import nearest_training
from hsi.split.leakage import leak_warning
from stages import run

MODEL, HISTORY = Path("data/model/model.safetensors"), Path("data/model/history.csv")
PLOTS = Path("metrics/plots")
OUT = Path("data/evaluation/test_pixels.csv")


def main() -> None:
    """Read data/inference/ and split/; write metrics/evaluate.json and pictures."""
    params = load_params()
    names = SceneInfo.load(Path("data/raw")).class_names
    pixels = Pixels.load(Path("data/split/pixels.npy"))
    probability = read_array(Path("data/inference/probability.npy"))
    answered = read_json(Path("data/inference/answering.json"))
    split = read_json(Path("metrics/split.json"))
    floor, leak = split["floor"], split["test_inside_training_windows"]

    result = evaluate(pixels, probability, names, floor)
    per_class = result.pop("per_class")
    regime = answered["regime"]
    result |= {key: answered[key] for key in ("temperature", "parameters", "regime")}
    result["per_class"] = per_class
    write_json(Path("metrics/evaluate.json"), result)
    tested, on_test = pixels.on(TEST), probability[pixels.sides == TEST]
    write_table(OUT, answer_table(tested, on_test, names))
    write_evaluation(PLOTS, tested.targets, on_test, result, names)
    copied, distance = nearest_training(pixels)
    rows = by_distance(tested.targets, on_test.argmax(1), copied, distance)
    write_by_distance(PLOTS, rows)

    line = "OA {oa:.2%}   AA {aa:.2%}   kappa {kappa:.4f}".format
    print(f"{params.model.name}  {line(**result)}   on {len(tested):,} test pixels, {regime}")
    print(f"floor  {line(**floor)}   the label of the nearest training pixel, without any spectra")
    warning = leak_warning(split["method"], leak)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    log = tracking.of_model(params, MODEL, HISTORY)
    numbers = {key: value for key, value in result.items() if key not in ("per_class", "regime")}
    recalls = zip(metric_names(names), (per_class[name]["recall"] for name in names), strict=True)
    numbers |= {f"recall/{name}": recall for name, recall in recalls}
    numbers = {key: value for key, value in numbers.items() if value is not None}
    log.log(
        {**numbers, "test_inside_training_windows": leak},
        tags={"leak": warning or "none", "regime": regime},
    )
    pictures = (
        "split.png",
        "confusion.png",
        "per_class.png",
        "calibration.png",
        "distance.png",
        "confusion.csv",
    )
    log.log_files([Path("metrics/evaluate.json"), *(PLOTS / name for name in pictures)])
    remove_stored()  # evaluate runs for every new model, and after DVC has stored it


if __name__ == "__main__":
    run(main)
