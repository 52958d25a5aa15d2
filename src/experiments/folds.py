"""Test every labelled pixel once: one DVC experiment for each fold of blocks, and their score.

    make folds                                                      # params.yaml as it is
    make folds CHANGE="model.name=svm patches.window=1"             # with other values

Each fold is a DVC experiment with `split.method=folds`, its own model and its own MLflow run. The
answers of all folds together are scored like those of one split, beside the floor, and written to
`metrics/folds.json`. Folds that have run on this commit with the same changes are not run again.
"""

import argparse
import hashlib
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from experiments.studies.cluster import run_experiments
from experiments.studies.run import array_of, commit, finished, json_of, refuse_uncommitted
from hsi.config import load_params
from hsi.cube.pixels import TEST, Pixels
from hsi.files import write_json
from hsi.scene.info import SceneInfo
from hsi.scores.accuracy import scores
from hsi.scores.evaluation import evaluate
from hsi.split.floor import nearest_training

RESULT = Path("metrics/folds.json")


def experiment_of(changes: list[str], fold: int) -> str:
    """Return the name of the DVC experiment of a fold: the same changes give the same name."""
    key = hashlib.md5(" ".join(sorted(changes)).encode(), usedforsecurity=False).hexdigest()[:7]
    return f"fold-{fold}-{key}-{commit()[:7]}"


def answers_of(experiment: str) -> tuple[Pixels, np.ndarray, np.ndarray]:
    """Return the test pixels of a fold, their probabilities, and what the floor says of them."""
    table = array_of(experiment, "data/split/pixels.npy").astype(np.int64)
    pixels = Pixels(*table.T)
    probability = array_of(experiment, "data/inference/probability.npy")
    copied, _ = nearest_training(pixels)
    return pixels.on(TEST), probability[pixels.sides == TEST], copied


def pooled(
    folds: list[tuple[Pixels, np.ndarray, np.ndarray]], class_names: tuple[str, ...]
) -> dict[str, Any]:
    """Score the answers of all folds together, as `evaluate` scores those of one split."""
    columns = zip(*(vars(pixels).values() for pixels, *_ in folds), strict=True)
    pixels = Pixels(*(np.concatenate(each) for each in columns))
    probability, copied = (np.concatenate([fold[k] for fold in folds]) for k in (1, 2))
    floor = scores(pixels.targets, copied, class_names)
    return {"folds": len(folds), "test": len(pixels)} | evaluate(
        pixels, probability, class_names, floor
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the folds that have not run yet, and write their score."""
    parser = argparse.ArgumentParser(
        prog="make folds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("changes", nargs="*", help="what to change in params.yaml: key=value")
    changes = parser.parse_args(arguments).changes
    try:
        count = folds_asked_for(changes)
        done = finished()
        names = [experiment_of(changes, fold) for fold in range(count)]
        missing = [fold for fold in range(count) if names[fold] not in done]
        if missing:
            refuse_uncommitted()
            own = {
                names[fold]: [*changes, "split.method=folds", f"split.folds.fold={fold}"]
                for fold in missing
            }
            with closing(run_experiments("local:1", commit(), own)) as running:
                for name, failure in tqdm(running, "folds", len(own), unit="fold", disable=None):
                    if failure:
                        raise ValueError(f"{name}: {failure}")
        found = [answers_of(name) for name in names]
        regimes = {json_of(name, "metrics/evaluate.json")["regime"] for name in names}
        result = pooled(found, SceneInfo.load(Path("data/raw")).class_names)
    except (ValueError, OSError) as error:
        sys.exit(f"folds: {error}")
    except KeyboardInterrupt:
        sys.exit("folds: interrupted; folds that have ended are not run again")
    (regime,) = regimes
    write_json(RESULT, {"changes": changes, "regime": regime, **result})
    line = "OA {:.2%}   AA {:.2%}   kappa {:.4f}".format
    print(f"{line(*(result[key] for key in ('oa', 'aa', 'kappa')))}   on all {result['test']:,} "
          f"labelled pixels, {count} folds, {regime}")  # fmt: skip
    print(f"{line(*(result[f'floor_{key}'] for key in ('oa', 'aa', 'kappa')))}   the label of the "
          "nearest training pixel, without any spectra")  # fmt: skip


def folds_asked_for(changes: list[str]) -> int:
    """Return the number of folds, of the changes or else of params.yaml.

    Raises:
        ValueError: If a change is not of the form key=value, or sets what the folds themselves set.
    """
    count = load_params().split.folds.count
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or key in ("split.method", "split.folds.fold"):
            raise ValueError(f"{change}: may be key=value, of another key than the folds set")
        if key == "split.folds.count":
            if not value.isdecimal() or int(value) < 2:
                raise ValueError(f"{key}: may be a whole number of 2 or more (got {value})")
            count = int(value)
    return count


if __name__ == "__main__":
    main()
