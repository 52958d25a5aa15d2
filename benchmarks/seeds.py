"""Repeat the pipeline over seeds and print each score, its floor, the mean and the deviation.

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

from benchmarks.experiments import commit, run_missing

SCORES = ("oa", "aa", "kappa", "floor_oa", "validation_oa", "validation_aa")


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("-S", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    suffix = "".join("-" + re.sub(r"\W+", "-", change) for change in arguments.changes)
    names = {seed: f"seed-{seed}{suffix}-{commit()[:7]}" for seed in arguments.seeds}
    rows = run_missing(
        {
            name: [f"split.seed={seed}", f"train.seed={seed}", *arguments.changes]
            for seed, name in names.items()
        }
    )
    print(f"\n{platform.platform()}, {' '.join(arguments.changes) or 'params.yaml as committed'}\n")
    scores = [score for score in SCORES if rows[names[arguments.seeds[0]]].get(score)]
    print(f"| seed | {' | '.join(scores)} |\n|---|{'---|' * len(scores)}")
    table = {seed: [100 * rows[name][score] for score in scores] for seed, name in names.items()}
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
