"""The command `hsi`: classify a scene with a trained classifier."""

import argparse
import sys
from pathlib import Path

import numpy as np

from hsi import __version__


def predict(
    folder: Path, scene: Path, output: Path, key: str | None, nodata: list[float] | None
) -> None:
    """Classify the scene of a .mat or .npy file and write its map.

    Args:
        folder: Folder of the classifier.
        scene: File of the (height, width, bands) cube.
        output: `.hdr` for an ENVI classification file, `.npy` for an array of labels.
        key: Variable of the cube in a .mat file; None when only one fits.
        nodata: Values of the cube that mean no data; None for those of the training scene.

    Raises:
        ValueError: If a file cannot be read, or the bands do not match the classifier.
    """
    from matplotlib.colors import to_rgb

    from hsi.classifier import load
    from hsi.files import write_array
    from hsi.machine import device
    from hsi.scene.export import write_envi
    from hsi.scene.raster import Source, read_variable

    if output.suffix not in (".hdr", ".npy"):
        raise ValueError(f"{output}: the output may end in .hdr (ENVI) or .npy (labels)")
    classifier = load(folder, device())
    cube = read_variable(Source(scene, key, "--key"), 3)
    try:
        prediction = classifier.predict(cube, nodata=None if nodata is None else tuple(nodata))
    except ValueError as error:
        raise ValueError(f"{scene}: {error}") from error
    if output.suffix == ".npy":
        write_array(output, classifier.scene.to_labels(prediction.classes))
    else:
        colours = np.array([to_rgb(each) for each in classifier.colours])
        write_envi(output, prediction.classes, classifier.scene.class_names, colours)


def main() -> None:
    """Run the command; a mistake of the user is one line, not a traceback."""
    parser = argparse.ArgumentParser(prog="hsi", description=__doc__)
    parser.add_argument("--version", action="version", version=f"hsi {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    of_predict = commands.add_parser("predict", help="classify every pixel of a scene")
    of_predict.add_argument("classifier", type=Path, help="folder, as data/classifier")
    of_predict.add_argument("scene", type=Path, help="cube as .mat or .npy, (height, width, bands)")
    of_predict.add_argument("output", type=Path, help="map: .hdr (ENVI) or .npy (labels)")
    of_predict.add_argument("--key", help="variable of the cube in a .mat file")
    of_predict.add_argument(
        "--nodata", type=float, nargs="*", help="values that mean no data, if not as in training"
    )
    given = parser.parse_args()
    try:
        predict(given.classifier, given.scene, given.output, given.key, given.nodata)
    except (ValueError, OSError) as error:
        sys.exit(f"hsi: {error}")
    except KeyboardInterrupt:
        sys.exit("hsi: interrupted")


if __name__ == "__main__":
    main()
