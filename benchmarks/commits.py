"""Measure the default run at two commits: seconds of its stages, and the scores it reaches.

    python -m benchmarks.commits 81a3e92             # against the last commit
    python -m benchmarks.commits v1 v2 --seeds 345

Each commit runs all its stages in a clone of its own. The two take turns, with the same seeds of
split and training.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.performance_page import publish, table
from benchmarks.stages import clone_repository, run_stages

SCORES = ("oa", "aa", "floor_oa")


def short_hash(commit: str) -> str:
    """Return the first characters of a commit's hash."""
    asked = ["git", "rev-parse", "--short=7", "--verify", f"{commit}^{{commit}}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Measure both commits and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", help="any name that git has for a commit")
    parser.add_argument(
        "new", nargs="?", default="HEAD", help="likewise; the last commit if absent"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[345, 346])
    arguments = parser.parse_args()
    old, new = (short_hash(each) for each in (arguments.old, arguments.new))
    if old == new:
        parser.error(f"{arguments.old} and {arguments.new} are the same commit, {old}")
    rows, training = [], dict[str, list[float]]()
    with tempfile.TemporaryDirectory() as folder:
        clones = {commit: Path(folder) / commit for commit in (old, new)}
        for commit, clone in clones.items():
            clone_repository(clone, commit)
            training[commit] = []
        for seed in arguments.seeds:
            for commit, clone in clones.items():
                found = run_stages(clone, {"split": {"seed": seed}, "train": {"seed": seed}})
                scores = json.loads((clone / "metrics/evaluate.json").read_text(encoding="utf-8"))
                training[commit].append(found["train"][0])
                spent = sum(seconds for seconds, _ in found.values())
                rows.append([commit, str(seed), f"{training[commit][-1]:.0f}", f"{spent:.0f}",
                             *(f"{100 * scores[name]:.2f}" for name in SCORES)])  # fmt: skip
    ratio = statistics.mean(training[new]) / statistics.mean(training[old])
    heads = ["commit", "seed", "train stage, s", "all stages, s", "OA, %", "AA, %", "floor OA, %"]
    publish(
        "commits",
        "The default run at two commits",
        f"""Indian Pines, random split with 10 % for training, params.yaml of each commit. The train
stage of {new} takes {ratio:.2f} of the time that it takes at {old}.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
