"""What a scene and a classifier are, in lines of text that people read first."""

from collections.abc import Sequence

import numpy as np
from rasterio.crs import CRS

from hsi.classifier import Classifier
from hsi.scene.raster import Raster
from hsi.scene.valid import declared_nodata, in_all_bands, without_measurement

SAMPLE = 8  # windows of a scene, evenly spaced, in which values are looked at
PIXELS = 2000  # of each of these windows, whose values are compared

Lines = list[tuple[str, str]]  # what, and how much or which


def describe_scene(raster: Raster) -> Lines:
    """Describe a scene: size, bands, place, no-data, and the range of its values in a sample."""
    height, width, bands = raster.shape
    lines = [
        ("scene", raster.name),
        ("size", f"{height:,} x {width:,} pixels (height x width), {bands} bands, {raster.dtype}"),
        ("wavelengths", _wavelengths(raster.wavelengths)),
    ]
    bad = raster.good.count(False)
    if bad:
        places = [number for number, good in enumerate(raster.good) if not good]
        lines.append(("marked bad", f"{bad} bands: {_runs(places)} (from 0)"))
    lines.append(("CRS", _crs(raster.grid.crs)))
    if raster.grid.transform:
        a, b, c, d, e, f = raster.grid.transform
        across, down = float(np.hypot(a, d)), float(np.hypot(b, e))
        lines.append(("pixel", f"{across:g} x {down:g} in units of the CRS"))
        lines.append(("upper left", f"x {c:.10g}, y {f:.10g}"))
    lines.append(("no-data", ", ".join(f"{each:g}" for each in raster.nodata) or "none declared"))
    if (raster.scale, raster.offset) != (1.0, 0.0):
        lines.append(("scale", f"values are multiplied by {raster.scale:g} (+ {raster.offset:g})"))
    return lines + _values(raster)


def describe_labels(raster: np.ndarray, labelled: np.ndarray, names: dict[int, str]) -> Lines:
    """Describe labels: how many pixels each has."""
    labels, counts = np.unique(raster[labelled], return_counts=True)
    lines = [("labelled", f"{int(labelled.sum()):,} of {labelled.size:,} pixels")]
    for label, count in zip(labels.tolist(), counts.tolist(), strict=True):
        name = names.get(int(label), "")
        lines.append((f"label {label:g}", f"{count:,} pixels{f'  {name}' if name else ''}"))
    return lines


def describe_classifier(classifier: Classifier) -> Lines:
    """Describe a classifier: what it was trained on, its score, its floor and its leak."""
    scene, evidence, recipe = classifier.scene, classifier.evidence, classifier.recipe
    attention = recipe.attention.name
    scores, floor = evidence["scores"], evidence["floor"]
    return [
        ("model", f"{recipe.name}{'' if attention == 'none' else f' with {attention}'}, window "
                  f"{recipe.shape.window}, {recipe.shape.components} components"),
        ("trained on", f"{scene.name} {scene.sensor}".strip()),
        ("bands", f"{len(classifier.projection.mean)}"),
        ("wavelengths", _wavelengths(scene.wavelengths)),
        ("classes", ", ".join(scene.class_names)),
        ("score", f"OA {_share(scores['oa'])}, AA {_share(scores['aa'])} on "
                  f"{evidence['test_pixels']:,} test pixels (split {evidence['split']}, seed "
                  f"{evidence['split_seed']}; {evidence['regime']})"),
        ("floor", f"OA {_share(floor['oa'])}, AA {_share(floor['aa'])}: the label of the nearest "
                  "training pixel, without spectra"),
        ("labels", f"{evidence['delivered_pixels']:,} that it was trained on"
                   + (", all; the score is that of a model trained on "
                      f"{evidence['train_pixels']:,}" if evidence["trained_on"] == "all" else "")),
        ("leak", f"{evidence['leak']:.1%} of the test pixels lie inside training windows"),
        ("commit", str(evidence["commit"])),
    ]  # fmt: skip


def in_columns(lines: Lines) -> str:
    """Return lines with what they are about in a column of its own."""
    width = max(len(what) for what, _ in lines)
    return "\n".join(f"{what:{width}}  {text}" for what, text in lines)


def _values(raster: Raster) -> Lines:
    windows = raster.windows()
    step = max(1, len(windows) // SAMPLE)
    declared, _ = declared_nodata(None, raster)
    good = np.array(raster.good)
    found, pixels, without = [], 0, 0
    for rows, columns in windows[::step]:
        values = raster.read(rows, columns)[..., good]
        empty = without_measurement(values, declared).all(-1) | in_all_bands(values)
        pixels += empty.size
        without += int(empty.sum())
        some = values[~empty]
        some = some[:: max(1, len(some) // 2000)].astype(np.float64)
        some[
            without_measurement(values[~empty], declared)[:: max(1, len(values[~empty]) // 2000)]
        ] = np.nan
        found.append(some)
    sample = np.concatenate(found)
    lines = [("without data", f"{without / pixels:.1%} of {pixels:,} pixels that were looked at")]
    if np.isfinite(sample).any():
        low, middle, high = np.nanpercentile(sample, (2, 50, 98))
        lines.append(("values", f"{low:g} to {high:g} (2nd to 98th percentile), median {middle:g}"))
    return lines


def _wavelengths(wavelengths: Sequence[float] | None) -> str:
    if not wavelengths:
        return "unknown"
    return f"{min(wavelengths):g} to {max(wavelengths):g} nm"


def _crs(crs: str | None) -> str:
    if crs is None:
        return "unknown"
    known = CRS.from_wkt(crs)
    code = known.to_epsg()
    name = crs.partition('"')[2].partition('"')[0]
    return f"EPSG:{code} ({name})" if code else name


def _runs(numbers: list[int]) -> str:
    """Return numbers with runs shortened, as 3, 7-9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _share(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2%}"
