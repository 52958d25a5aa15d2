"""Decide which pixels train and which test, and measure what the split leaks."""

import sys
from pathlib import Path

from experiments.scene_files import tracked
from hsi.choices import SPLITS
from hsi.config import load_params
from hsi.cube.padded import refuse_larger_window
from hsi.cube.pixels import Pixels
from hsi.files import write_array, write_json
from hsi.pictures.figures import write_figure
from hsi.pictures.splits import split_picture
from hsi.scene.info import SceneInfo, load_regions, load_truth, load_valid
from hsi.split.report import relabelled, report
from hsi.split.request import Request
from stages import run

RAW, OUT = Path("data/raw"), Path("data/split")


def main() -> None:
    """Read data/raw/ and the user's masks; write data/split/, metrics/split.json and a picture."""
    params = load_params()
    settings, window = params.split, params.patches.window
    info, truth = SceneInfo.load(RAW), load_truth(RAW)
    refuse_larger_window(window, *truth.shape)
    shares = settings.train, settings.validation
    valid, regions = load_valid(RAW), load_regions(RAW)
    request = Request(truth, valid, regions, info, *shares, settings.seed)
    own = settings.settings_of(settings.method)
    for key, value in own.items():
        if isinstance(value, Path):
            own[key] = tracked(value, f"split.{settings.method}.{key}")
    split = SPLITS[settings.method].load()(request, **own)
    pixels = Pixels.of_truth(split.truth, split.sides)

    pixels.save(OUT / "pixels.npy")
    write_array(OUT / "owner.npy", split.owner)
    write_array(OUT / "groups.npy", split.groups)
    measured = report(pixels, split.owner, info.class_names, window)
    other = relabelled(split, truth)
    content = {"method": settings.method, **measured, **other}
    write_json(Path("metrics/split.json"), content)
    figure = split_picture(valid, split, content, window, info.class_names)
    write_figure(Path("metrics/plots/split.png"), figure)
    if any(other.values()):
        print(
            f"note: the masks of split.file label {other['labels_added']:,} pixels that the truth "
            f"does not, and {other['labels_changed']:,} otherwise than it; their labels are taken",
            file=sys.stderr,
        )


if __name__ == "__main__":
    run(main)
