"""Run the trained model once over the scene: the map, and the answers that are scored."""

from dataclasses import replace
from pathlib import Path

from experiments.answering import answering
from hsi.config import load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels, groups_of
from hsi.files import write_array, write_json
from hsi.inference.labelled import LabelledScene
from hsi.inference.scene import infer
from hsi.machine import device, keep_freed_memory
from hsi.model import load_model, parameter_count
from hsi.scene.info import load_valid
from stages import run

SPLIT, OUT = Path("data/split"), Path("data/inference")


def main() -> None:
    """Read data/model/, patches/, split/ and raw/; write data/inference/."""
    params, valid = load_params(), load_valid(Path("data/raw"))
    model, _ = load_model(Path("data/model/model.safetensors"), device())
    cube = PaddedCube.load(Path("data/patches"), params.patches.window, in_memory=False)
    pixels = Pixels.load(SPLIT / "pixels.npy")
    train = pixels.on(TRAIN)
    scene = LabelledScene(cube, valid, train, groups_of(SPLIT / "groups.npy", train))
    keep_freed_memory(cube.values[0].size)

    answerer, how = answering(params, model, scene)
    found = infer(answerer, cube, valid, pixels, how, params.inference.temperature)
    found.prediction.save(OUT)
    write_array(OUT / "probability.npy", found.probability)
    content = {
        "regime": "transductive" if how.smoothing.anchored else "inductive",
        "temperature": found.temperature,
        "parameters": parameter_count(model),
        "how": replace(how, temperature=found.temperature).to_dict(),
    }
    write_json(OUT / "answering.json", content)


if __name__ == "__main__":
    run(main)
