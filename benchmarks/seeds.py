"""Repeat the pipeline over seeds and print scores, floor and leak, with mean and deviation.

    python -m benchmarks.seeds 345 346 347 348 349
    python -m benchmarks.seeds 1 2 3 -S split.validation=0.45 -S patches.window=25

The second compares settings by their validation pixels, and never looks at test.

One number seeds split and training. Each run is a DVC experiment of the last commit, made outside
the workspace, with its MLflow run; one that is already there is not repeated.
"""

import argparse
import platform
import re
import statistics

from tqdm import tqdm

from benchmarks.experiments import commit, run

LEAK = "test_inside_training_windows"
SCORES = ("oa", "aa", "kappa", "floor_oa", LEAK, "validation_oa", "validation_aa")


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("-S", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    suffix = "".join("-" + re.sub(r"\W+", "-", change) for change in arguments.changes)
    rows = {}
    for seed in tqdm(arguments.seeds, "experiments", unit="run", disable=None):
        changes = [f"split.seed={seed}", f"train.seed={seed}", *arguments.changes]
        rows[seed] = run(f"seed-{seed}{suffix}-{commit()[:7]}", changes)
    print(f"\n{platform.platform()}, {' '.join(arguments.changes) or 'params.yaml as committed'}\n")
    scores = [score for score in SCORES if rows[arguments.seeds[0]].get(score) is not None]
    print(f"| seed | {' | '.join(scores)} |\n|---|{'---|' * len(scores)}")
    table = {seed: [100 * row[score] for score in scores] for seed, row in rows.items()}
    for seed, values in table.items():
        print(f"| {seed} | {' | '.join(f'{value:.2f}' for value in values)} |")
    if len(table) > 1:
        columns = list(zip(*table.values(), strict=True))
        means = " | ".join(
            f"{statistics.mean(each):.2f} +- {statistics.stdev(each):.2f}" for each in columns
        )
        print(f"| mean | {means} |")


if __name__ == "__main__":
    main()
