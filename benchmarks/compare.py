"""Does attention help? Every attention on HybridSN, and every network without and with SE.

    python -m benchmarks.compare attentions            # 8 attentions, 3 seeds: 1.5 hours on 2 cores
    python -m benchmarks.compare networks              # for a GPU
    python -m benchmarks.compare networks --only cnn2d cnn3d svm --seeds 345
    python -m benchmarks.compare report                # write the pages again, run nothing

One number seeds split and training, so all variants meet the same splits. Each run is a DVC
experiment of the last commit with its MLflow run. docs/comparison.csv keeps what came of each; a
variant and seed that stands there is not run again. docs/comparison.md and its pictures are made
from it.
"""

import argparse
import statistics
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks import page
from benchmarks.experiments import commit, run
from benchmarks.study_plan import Row, recorded
from hsi.attention import ATTENTION
from hsi.config import load_params
from hsi.files import write, write_table
from hsi.models import MODELS
from hsi.plots import write_figure
from hsi.significance import interval
from stages import tracking

RECORD, PAGE = Path("docs/comparison.csv"), Path("docs/comparison.md")
PICTURES = Path("docs/comparison_attentions.png"), Path("docs/comparison_networks.png")
SEEDS = [345, 346, 347]
SCORES = ("oa", "aa", "kappa")
# These read whole windows, so a step over the whole scene saves them nothing: they train on
# mini-batches as the classic recipe does, turned and mirrored, and classify the scene as it lies.
WINDOWED = ("se_resnet", "mobilenet", "res2net")
RECIPE = (
    "train.batching=windows",
    "train.epochs=50",
    "train.windows.augment=true",
    "train.windows.schedule=one_cycle",
    "inference.turns=false",
)
# The machine gets what suits it: whole spectra, since whitening blows their noise up.
SPECTRA = ("reduce.components=200", "reduce.whiten=false", "inference.turns=false")


def changes(network: str, attention: str, seed: int) -> list[str]:
    """Return what a run changes in params.yaml."""
    recipe = RECIPE if network.startswith(WINDOWED) else SPECTRA if network == "svm" else ()
    return [
        f"split.seed={seed}",
        f"train.seed={seed}",
        f"model.name={network}",
        f"model.attention={attention}",
        *recipe,
    ]


def measure(variants: Iterable[tuple[str, str]], seeds: list[int]) -> None:
    """Run what the record lacks, one seed of every variant before the next, recording each."""
    done = {(row["network"], row["attention"], row["seed"]) for row in recorded(RECORD)}
    wanted = [(*variant, seed) for seed in seeds for variant in variants]
    missing = [each for each in wanted if (each[0], each[1], str(each[2])) not in done]
    scene, machine = load_params().scene.name, page.machine()
    for network, attention, seed in tqdm(missing, "experiments", unit="run", disable=None):
        name = f"{network.replace('_', '-')}-{attention}-{seed}-{commit()[:7]}"
        shown = run(name, changes(network, attention, seed))
        row: Row = {"network": network, "attention": attention, "seed": seed}
        row |= {score: round(shown[score], 6) for score in (*SCORES, "floor_oa", "floor_aa")}
        row["parameters"] = int(shown["parameters"])
        seconds = tracking.metrics_of(scene, name).get("train_seconds")
        row["train_seconds"] = "" if seconds is None else round(seconds, 1)
        row |= {"experiment": name, "machine": machine}
        write_table(RECORD, [*recorded(RECORD), row])
        report()


def _mean(values: list[float], digits: int = 2) -> str:
    """Return mean and standard deviation, the latter where there is more than one value."""
    text = f"{statistics.mean(values):.{digits}f}"
    return f"{text} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else text


def gains(rows: list[Row], without: list[Row]) -> list[float]:
    """Return how many points of OA attention adds, seed by seed, where both have run."""
    plain = {row["seed"]: float(row["oa"]) for row in without}
    return [100 * (float(row["oa"]) - plain[row["seed"]]) for row in rows if row["seed"] in plain]


def difference(rows: list[Row], without: list[Row]) -> str:
    """Say how much OA attention adds on the same seeds: mean, 95 % interval, verdict."""
    pairs = gains(rows, without)
    if len(pairs) < 2:
        return f"{pairs[0]:+.2f} (one seed)" if pairs else ""
    mean, half = interval(np.array(pairs))
    verdict = "no difference shown" if abs(mean) <= half else "better" if mean > 0 else "worse"
    return f"{mean:+.2f} ± {half:.2f}: {verdict}"


def of(variant: tuple[str, str], rows: list[Row]) -> list[Row]:
    """Return the rows of one variant."""
    return [row for row in rows if (row["network"], row["attention"]) == variant]


def table(variants: Iterable[tuple[str, str]], rows: list[Row]) -> str:
    """Return the markdown table of some variants."""
    lines = [
        "| network | attention | seeds | OA | AA | kappa | floor OA | OA against none | parameters "
        "| training, s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for network, attention in variants:
        own, plain = of((network, attention), rows), of((network, "none"), rows)
        if not own:
            lines.append(f"| {network} | {attention} | not run | | | | | | | |")
            continue
        scores = [_mean([100 * float(row[score]) for row in own]) for score in SCORES]
        floor = _mean([100 * float(row["floor_oa"]) for row in own])
        gain = "" if attention == "none" else difference(own, plain)
        seconds = [float(row["train_seconds"]) for row in own if row["train_seconds"]]
        cells = [
            network,
            attention,
            str(len(own)),
            *scores,
            floor,
            gain,
            f"{int(own[0]['parameters']):,}" if network != "svm" else "",
            f"{statistics.median(seconds):.0f}" if seconds else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def attentions() -> list[tuple[str, str]]:
    """Return HybridSN with each attention at its usual place."""
    return [("hybridsn", attention) for attention in ATTENTION]


def networks() -> list[tuple[str, str]]:
    """Return each network without attention and with SE at its usual place."""
    return [
        (network, attention)
        for network in MODELS
        for attention in (("none", "se") if MODELS[network].places else ("none",))
    ]


def picture(variants: list[tuple[str, str]], rows: list[Row]) -> Figure:
    """Draw the OA of each run with its floor, and what attention adds to it; a colour is a seed."""
    drawn = [variant for variant in variants if of(variant, rows)]
    seeds = sorted({row["seed"] for variant in drawn for row in of(variant, rows)}, key=int)
    colour = {seed: f"C{number % 10}" for number, seed in enumerate(seeds)}
    figure = Figure(figsize=(10, 1.4 + 0.32 * len(drawn)), layout="constrained")
    scores, added = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    for place, variant in enumerate(drawn):
        own, plain = of(variant, rows), of((variant[0], "none"), rows)
        for row in own:
            look = {"color": colour[row["seed"]], "label": "" if place else f"seed {row['seed']}"}
            scores.plot(100 * float(row["oa"]), place, "o", **look, alpha=0.8, mec="none", ms=6)
            scores.plot(100 * float(row["floor_oa"]), place, "|", color=look["color"], ms=10)
            if variant[1] != "none":
                for gain in gains([row], plain):
                    added.plot(gain, place, "o", color=look["color"], alpha=0.8, mec="none", ms=6)
        scores.plot(statistics.mean(100 * float(row["oa"]) for row in own), place, "kd", ms=6)
        pairs = gains(own, plain) if variant[1] != "none" else []
        if len(pairs) > 1:
            mean, half = interval(np.array(pairs))
            added.errorbar(mean, place, xerr=half, fmt="kd", ms=6, lw=1)
    scores.set_yticks(range(len(drawn)), [" ".join(variant) for variant in drawn])
    scores.invert_yaxis()
    added.axvline(0, color="0.6", lw=1, zorder=0)
    for axes in (scores, added):
        axes.grid(axis="x", color="0.92")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    scores.set_xlabel("OA on test pixels, %; bars: floor, diamonds: mean")
    added.set_xlabel("OA minus none, same seed; mean, 95 % interval")
    figure.legend(frameon=False, loc="outside upper left", ncols=10)
    return figure


def report() -> None:
    """Write the page and the picture from the record."""
    rows = recorded(RECORD)
    machines = "; ".join(sorted({row["machine"] for row in rows}))
    text = f"""# Does attention help?

Written by `python -m benchmarks.compare`; do not edit. Its record, one line a run with the name of
the DVC experiment, is [comparison.csv](comparison.csv). Indian Pines, random split of 10 %
training pixels by class, all else as in params.yaml, attention at each network's usual place. One
number seeds split and training, and all variants meet the same splits. Mean ± standard deviation
over seeds, in %; *floor OA* is what copying the nearest training label scores on the same splits.
On a random split test pixels lie inside training windows: [splits.md](splits.md) measures how many,
and hides them.
*OA against none* pairs runs of the same seed: mean difference ± 95 % interval of Student's t, and
"no difference shown" where the interval holds 0. *Training, s* is the median over seeds as MLflow
has it, on a machine that may have had other work: [performance.md](performance.md) has what things
cost. Machine: {machines}.

## Attentions on HybridSN

![OA of HybridSN with each attention](comparison_attentions.png)

{table(attentions(), rows)}

Seven intervals of 95 %: if no attention did anything, one or more would still miss 0 in about three
pages of ten like this one.

## Networks

![OA of each network, without attention and with SE](comparison_networks.png)

Networks of the ResNet, Res2Net and MobileNet families read whole windows; they train on
mini-batches (`{" ".join(RECIPE)}`), the others with one step an epoch over the whole scene as by
default. So compare a network with itself, `none` against `se`, rather than across the two kinds.
`svm` gets whole spectra (`{" ".join(SPECTRA)}`). *Not run* wants a GPU:
`python -m benchmarks.compare networks` runs what the record lacks.

{table(networks(), rows)}
"""
    write(PAGE, text.encode())
    for path, variants in zip(PICTURES, (attentions(), networks()), strict=True):
        if any(of(variant, rows) for variant in variants):
            write_figure(path, picture(variants, rows))


def main() -> None:
    """Run what was asked for, recording and reporting after each run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["attentions", "networks", "report"])
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--only", nargs="+", choices=list(MODELS), default=list(MODELS))
    arguments = parser.parse_args()
    variants = {"attentions": attentions(), "networks": networks(), "report": []}[arguments.what]
    measure([each for each in variants if each[0] in arguments.only], arguments.seeds)
    report()


if __name__ == "__main__":
    main()
