"""Score a classifier on a scene that it was not trained on."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64

from hsi.classifier import Classifier
from hsi.cube.pixels import TEST, Pixels
from hsi.scene.custom import Truth
from hsi.scene.matching import with_trained_nodata
from hsi.scene.raster import Raster
from hsi.scene.valid import find_valid
from hsi.scores.accuracy import scores
from hsi.scores.evaluation import evaluate


def classes_of_truth(
    classifier: Classifier, truth: Truth
) -> tuple[Int32[np.ndarray, "height width"], list[str]]:
    """Return the class, as the classifier counts them, of each labelled pixel of another scene.

    Labels are matched by name if the file has names, else by number.

    Returns:
        Class of each pixel, 0 for none; and remarks for the user.

    Raises:
        ValueError: If no label is one of the classifier's.
    """
    info = classifier.scene
    number_of_name = {name: k for k, name in enumerate(info.class_names, start=1)}
    number_of_label = {label: k for k, label in enumerate(info.labels, start=1)}
    classes = np.zeros(truth.raster.shape, np.int32)
    unknown: list[str] = []
    for label in np.unique(truth.raster[truth.labelled]).tolist():
        name = truth.names.get(int(label))
        number = number_of_label.get(label) if name is None else number_of_name.get(name)
        here = truth.labelled & (truth.raster == label)
        if number is None:
            unknown.append(f"{name or f'{label:g}'} ({int(here.sum()):,} pixels)")
        else:
            classes[here] = number
    if not classes.any():
        known = ", ".join(info.class_names if truth.names else map(str, info.labels))
        raise ValueError(
            f"{truth.file}: none of its labels is one of the classifier's: {known} (got "
            f"{', '.join(unknown)})"
        )
    if not unknown:
        return classes, []
    return classes, [f"labels that the classifier does not know are left out: {', '.join(unknown)}"]


def score_scene(
    classifier: Classifier,
    raster: Raster,
    classes: Int32[np.ndarray, "height width"],
    nodata: tuple[float, ...] | None,
    resample: bool,
) -> tuple[
    dict[str, Any], Int64[np.ndarray, " pixels"], Float32[np.ndarray, "pixels classes"], list[str]
]:
    """Classify a labelled scene and score it as the pipeline scores its test pixels.

    There are no training pixels on this scene from which a label could be copied, so the floor is
    the score of calling every pixel by the most frequent class.

    Args:
        classifier: The classifier.
        raster: The scene.
        classes: What `classes_of_truth` returned.
        nodata: As in `hsi.inference.to_files.predict_to_files`.
        resample: Likewise.

    Returns:
        The scores; class, from 0, and probabilities of each pixel; and remarks for the user.

    Raises:
        ValueError: If the bands do not match, or no labelled pixel holds data.
    """
    raster, nodata = with_trained_nodata(raster, classifier.scene, nodata)
    bands, remarks = classifier.matched(raster, resample, nodata)
    valid, of_pixels = find_valid(bands, nodata, "--nodata", progress="check")
    labelled: Bool[np.ndarray, "height width"] = valid & (classes > 0)
    if not labelled.any():
        raise ValueError(f"{raster.name}: no labelled pixel holds data")
    pixels = Pixels.of_truth(classes, np.where(labelled, TEST, 0).astype(np.uint8))
    names = classifier.scene.class_names
    _, probability = classifier.predict_raster(bands, valid, pixels)
    common = np.full(len(pixels), np.bincount(pixels.targets).argmax())
    floor = scores(pixels.targets, common, names)
    result = evaluate(pixels, probability, names, floor)
    return result, pixels.targets.astype(np.int64), probability, remarks + of_pixels
