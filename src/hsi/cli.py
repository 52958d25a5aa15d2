"""The command `hsi`: look at a scene, classify it with a trained classifier, and score the map."""

import argparse
import os
import signal
import sys
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from hsi import __version__

if TYPE_CHECKING:
    from hsi.classifier import Classifier
    from hsi.inference.request import Request
    from hsi.inference.to_files import Outputs

Given = argparse.Namespace


def _shown(text: str) -> str:
    """Return text without what controls a terminal: names and reasons may come from any file."""
    plain = "".join(each if each.isprintable() or each == "\n" else " " for each in text)
    return plain.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(
        sys.stdout.encoding or "utf-8"
    )


def _say(remarks: list[str]) -> None:
    for remark in remarks:
        print(_shown(f"note: {remark}"), file=sys.stderr)


def _nodata(given: Given) -> tuple[float, ...] | None:
    return None if given.nodata is None else tuple(given.nodata)


def _open(given: Given, labels: Path | None = None) -> Any:  # noqa: ANN401
    """Open the scene of a command; its labels may tell its axis of bands."""
    from hsi.scene.arrays import Source
    from hsi.scene.custom import open_beside
    from hsi.scene.open import open_raster

    source = Source(given.scene, given.key, "--key")
    if labels is not None:
        return open_beside(source, given.band_axis, [_label_source(given)], "--band-axis")
    return open_raster(source, given.band_axis, None, (), "--band-axis")


def _label_source(given: Given) -> Any:  # noqa: ANN401
    from hsi.scene.labels.source import LabelSource

    return LabelSource(given.labels, given.labels_key, given.labels_field, "--labels")


def predict(given: Given) -> None:
    """Classify scenes of any size and write their maps."""
    from hsi.classifier import load
    from hsi.inference.request import Request, map_scene
    from hsi.inference.several import map_each, outputs_of
    from hsi.machine import device
    from hsi.scene.arrays import Source

    outputs = outputs_of(
        given.scenes, given.output, given.confidence, given.probabilities, given.picture
    )
    classifier = load(given.classifier, device())
    requests = [
        Request(
            Source(scene, given.key, "--key"),
            given.band_axis,
            _nodata(given),
            given.resample,
            given.mask,
        )
        for scene in given.scenes
    ]
    if given.cluster is not None:
        _predict_on_cluster(given, classifier, requests, outputs)
    elif len(requests) == 1:
        _say(map_scene(classifier, requests[0], outputs[0], bars=True))
    else:
        scenes = (
            (each, partial(map_scene, classifier, each, paths, bars=False))
            for each, paths in zip(requests, outputs, strict=True)
        )
        map_each(scenes, len(requests), _say)


def _predict_on_cluster(
    given: Given, classifier: "Classifier", requests: "list[Request]", outputs: "list[Outputs]"
) -> None:
    """Classify scenes on the workers of a cluster and write their maps."""
    try:
        from hsi.inference.on_cluster import cluster, map_in_strips, map_whole_scenes
    except ImportError as error:
        raise ValueError(
            f"--cluster needs {error.name}: `pip install hyperspectral-classifier[cluster]` "
            "installs it, or `pip install .[cluster]` in a clone"
        ) from error
    from hsi.files import md5, remove_unfinished
    from hsi.inference.on_worker import Job, software
    from hsi.inference.several import map_each

    folder, digest = given.classifier.absolute(), md5(given.classifier / "config.json")
    jobs = [Job(folder, digest, software(), each.absolute()) for each in requests]
    paths = [each.absolute() for each in outputs]
    try:
        with cluster(given.cluster) as (client, remarks):
            _say(remarks)
            if len(jobs) == 1:
                _say(map_in_strips(client, jobs[0], classifier, outputs[0]))
            else:
                map_each(map_whole_scenes(client, jobs, paths), len(jobs), _say)
    finally:  # workers on this machine are killed where they are
        for path in (path for each in paths for path in each.files):
            remove_unfinished(path)


def score(given: Given) -> None:
    """Classify a labelled scene, and compare."""
    from hsi.classifier import load
    from hsi.files import write_json
    from hsi.inference.scoring import classes_of_truth, score_scene
    from hsi.machine import device
    from hsi.pictures.evaluation import write_evaluation
    from hsi.scene.custom import read_truth

    classifier = load(given.classifier, device())
    raster = _open(given, given.labels)
    truth, remarks = read_truth([_label_source(given)], tuple(given.unlabelled), raster)
    classes, unknown = classes_of_truth(classifier, truth)
    _say(remarks + unknown)
    try:
        result, targets, probability, found = score_scene(
            classifier, raster, classes, _nodata(given), given.resample
        )
    except ValueError as error:
        raise ValueError(_named(raster.name, error)) from error
    _say(found)
    line = "OA {oa:.2%}   AA {aa:.2%}   kappa {kappa:.4f}".format
    floor = {key: result[f"floor_{key}"] for key in ("oa", "aa", "kappa")}
    print(f"score  {line(**result)}   on {len(targets):,} labelled pixels of {given.scene}")
    print(f"floor  {line(**floor)}   the most frequent class everywhere")
    for name, each in result["per_class"].items():
        recall = "undefined" if each["recall"] is None else f"{each['recall']:.2%}"
        print(_shown(f"  {recall:>9}  of {each['support']:>9,}  {name}"))
    if given.report is not None:
        write_json(given.report / "score.json", result)
        names = classifier.scene.class_names
        write_evaluation(given.report, targets, probability, result, names)


def info(given: Given) -> None:
    """Say what a scene or a classifier is."""
    from hsi.describe import describe_classifier, describe_labels, describe_scene, in_columns

    if (given.scene / "config.json").is_file():
        from hsi.classifier import load

        print(_shown(in_columns(describe_classifier(load(given.scene)))))
        return
    raster = _open(given, given.labels)
    lines = describe_scene(raster)
    if given.labels is not None:
        from hsi.scene.custom import read_truth

        truth, remarks = read_truth([_label_source(given)], tuple(given.unlabelled), raster)
        _say(remarks)
        lines += describe_labels(truth.raster, truth.labelled, truth.names)
    print(_shown(in_columns(lines)))


def spectra(given: Given) -> None:
    """Draw the mean spectrum of each class."""
    from hsi.pictures.figures import write_figure
    from hsi.pictures.palette import palette
    from hsi.pictures.spectra import class_spectra, spectra_picture
    from hsi.scene.bands import chosen, dropped_remark, informative
    from hsi.scene.custom import read_truth
    from hsi.scene.valid import find_valid

    raster = _open(given, given.labels)
    truth, remarks = read_truth([_label_source(given)], tuple(given.unlabelled), raster)
    kept, counts = chosen(raster, None, "")
    useful, lost = informative(kept, _nodata(given))
    valid, of_pixels = find_valid(useful, _nodata(given), "--nodata", progress="check")
    _say([each for each in (*remarks, dropped_remark(counts | lost), *of_pixels) if each])
    labels = np.unique(truth.raster[truth.labelled & valid]).tolist()
    classes = np.zeros(truth.raster.shape, np.int32)
    for number, label in enumerate(labels, start=1):
        classes[truth.labelled & valid & (truth.raster == label)] = number
    names = tuple(truth.names.get(int(label), f"class {label:g}") for label in labels)
    found = class_spectra(useful, classes, len(names))
    figure = spectra_picture(found, useful.wavelengths, names, palette(len(names)))
    write_figure(given.output, figure)


def export(given: Given) -> None:
    """Write a classifier in the form of other tools."""
    from hsi.classifier import load
    from hsi.export_onnx import export_onnx

    export_onnx(load(given.classifier), given.output)


def _named(scene: str, error: ValueError) -> str:
    return str(error) if scene in str(error) else f"{scene}: {error}"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hsi", description=__doc__)
    parser.add_argument("--version", action="version", version=f"hsi {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)

    of_scene = argparse.ArgumentParser(add_help=False)
    of_scene.add_argument("--key", help="variable of the cube, in a file that holds several")
    of_scene.add_argument(
        "--band-axis", type=int, choices=(0, 1, 2), help="axis of an array that holds the bands"
    )
    of_values = argparse.ArgumentParser(add_help=False)
    of_values.add_argument(
        "--nodata", type=float, nargs="*", help="values that mean no data, if not as the file says"
    )
    of_bands = argparse.ArgumentParser(add_help=False)
    of_bands.add_argument(
        "--resample", action="store_true", help="interpolate spectra to the trained wavelengths"
    )
    of_labels = argparse.ArgumentParser(add_help=False)
    of_labels.add_argument("--labels-key", metavar="KEY", help="variable or layer of the labels")
    of_labels.add_argument("--labels-field", metavar="FIELD", help="field or column of the class")
    of_labels.add_argument(
        "--unlabelled", type=float, nargs="*", default=[0], help="labels that mean none (0)"
    )
    scene = "GeoTIFF, ENVI, HDF5, .mat, .npy"
    labels = "raster, GeoPackage, GeoJSON, Shapefile, CSV, .mat, .npy"

    each = commands.add_parser(
        "info", parents=[of_scene, of_labels], help="what a scene or a classifier is"
    )
    each.add_argument("scene", type=Path, help=f"{scene}; or the folder of a classifier")
    each.add_argument("--labels", type=Path, help=labels)
    each.set_defaults(run=info)

    each = commands.add_parser(
        "spectra", parents=[of_scene, of_values, of_labels], help="draw the spectra of the classes"
    )
    each.add_argument("scene", type=Path, help=scene)
    each.add_argument("labels", type=Path, help=labels)
    each.add_argument("output", type=Path, help="picture: .png")
    each.set_defaults(run=spectra)

    each = commands.add_parser(
        "predict", parents=[of_scene, of_values, of_bands], help="classify every pixel of a scene"
    )
    each.add_argument("classifier", type=Path, help="folder, as data/classifier")
    each.add_argument("scenes", metavar="scene", type=Path, nargs="+", help=f"{scene}; or several")
    each.add_argument(
        "output",
        type=Path,
        help="map: .tif (GeoTIFF), .hdr (ENVI) or .npy (labels). For several scenes it is a "
        "folder, and --confidence, --probabilities and --picture name folders too",
    )
    each.add_argument("--confidence", type=Path, help="GeoTIFF of the probability of the class")
    each.add_argument("--probabilities", type=Path, help="GeoTIFF with one band a class")
    each.add_argument("--picture", type=Path, help="the map as .png")
    each.add_argument(
        "--mask", type=Path, help="raster or polygons: classify only where it is not 0"
    )
    each.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="tcp://HOST:8786 of a Dask scheduler, or local:N for N workers on this machine",
    )
    each.set_defaults(run=predict)

    each = commands.add_parser(
        "score",
        parents=[of_scene, of_values, of_bands, of_labels],
        help="classify a labelled scene, and compare",
    )
    each.add_argument("classifier", type=Path, help="folder, as data/classifier")
    each.add_argument("scene", type=Path, help=scene)
    each.add_argument("labels", type=Path, help=labels)
    each.add_argument("--report", type=Path, help="folder for score.json, tables and pictures")
    each.set_defaults(run=score)

    each = commands.add_parser("export", help="write a classifier as ONNX, with all that it does")
    each.add_argument("classifier", type=Path, help="folder, as data/classifier")
    each.add_argument("output", type=Path, help="ONNX: .onnx")
    each.set_defaults(run=export)
    return parser


def _stop(number: int, frame: FrameType | None) -> None:
    """Take the signal that asks the process to end like Ctrl-C, so that no scratch file stays."""
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; a mistake of the user is one line, not a traceback."""
    given = _arguments().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    try:
        given.run(given)
        print(end="", flush=True)
    except BrokenPipeError:  # nobody reads on, so there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except MemoryError as error:
        what = given.scene if "scene" in given else given.classifier
        sys.exit(_shown(f"hsi: {what}: not enough memory: {error}".rstrip(": ")))
    except RecursionError as error:
        sys.exit(_shown(f"hsi: something is nested too deeply: {error}"))
    except (ValueError, OSError) as error:
        sys.exit(_shown(f"hsi: {error}").replace("--labels_", "--labels-"))
    except KeyboardInterrupt:
        sys.exit("hsi: interrupted")


if __name__ == "__main__":
    main()
