"""The default run now and at an older commit: seconds of its training, and the scores it reaches.

    python -m benchmarks.then            # against the first version that trained by scene
    python -m benchmarks.then v1 --seeds 345

Both commits run all their stages in clones, in turn, each on the same seeds of split and training.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.experiments import commit
from benchmarks.page import publish, table
from benchmarks.stages import STAGES, run_all

FIRST = "81a3e92"
SCORES = ("oa", "aa", "floor_oa")


def main() -> None:
    """Measure both and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", nargs="?", default=FIRST)
    parser.add_argument("--seeds", nargs="+", type=int, default=[345, 346])
    arguments = parser.parse_args()
    rows, of_training = [], dict[str, list[float]]()
    with tempfile.TemporaryDirectory() as folder:
        clones = {each: Path(folder) / each for each in (arguments.commit, commit()[:7])}
        for version, clone in clones.items():
            subprocess.run(["git", "clone", "--quiet", ".", str(clone)], check=True)
            subprocess.run(["git", "-C", str(clone), "checkout", "-q", version], check=True)
            of_training[version] = []
        for seed in arguments.seeds:
            for version, clone in clones.items():
                changes = {"split": {"seed": seed}, "train": {"seed": seed}}
                spent = [seconds for seconds, _ in run_all(clone, changes)]
                scores = json.loads((clone / "metrics/evaluate.json").read_text())
                of_training[version].append(spent[STAGES.index("train")])
                rows.append([version, str(seed), f"{of_training[version][-1]:.0f}",
                             f"{sum(spent):.0f}",
                             *(f"{100 * scores[name]:.2f}" for name in SCORES)])  # fmt: skip
    then, now = (statistics.mean(each) for each in of_training.values())
    heads = ["commit", "seed", "train stage, s", "all stages, s", "OA, %", "AA, %", "floor OA, %"]
    publish(
        "then",
        "The default run, then and now",
        f"""Indian Pines, 10 % random split, params.yaml of each commit. The train stage now takes
{now / then:.2f} of the time it took at {arguments.commit}.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
