"""Hold the default run against published code on the same split of Indian Pines.

    python -m benchmarks.peers ~/HSI_SSFTT

The argument is a folder with the code of SSFTT (Sun et al., TGRS 2022,
https://github.com/zgr6010/HSI_SSFTT). A copy of it runs unchanged in this Python, which must have
the packages that it imports: einops, and torchvision in some versions. Its script draws 10 % of
each class for training with a seed of its own; the default run gets the same pixels as masks.

The published figures are of a folder that was put together: IP_train.py of that repository, with
SSFTTnet.py and get_cls_map.py as https://github.com/SobiJain/HSI_SSFTT_PCD has copied them, without
what that copy adds.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from sklearn.model_selection import train_test_split

from benchmarks.performance_page import publish, table
from benchmarks.stages import clone_repository, run_stages
from benchmarks.timing import run_measured
from hsi.scene.info import load_cube, load_truth

SCRIPT, REPORT = Path("cls_SSFTT_IP/IP_train.py"), Path("cls_result/classification_report.txt")
SHARE, SEED = 0.90, 345  # of test pixels, and how SSFTT's script draws them


def split_of_ssftt(truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return the labels of the training and of the test pixels that SSFTT's script draws."""
    places = np.flatnonzero(truth)
    train, test = train_test_split(
        places, test_size=SHARE, random_state=SEED, stratify=truth.ravel()[places]
    )
    sides = {}
    for name, own in (("train", train), ("test", test)):
        mask = np.zeros_like(truth)
        mask.ravel()[own] = truth.ravel()[own]
        sides[name] = mask
    return sides


def run_ssftt(code: Path, raw: Path, folder: Path) -> dict[str, float]:
    """Run SSFTT's script on Indian Pines, and return what it reports and what it needed.

    Args:
        code: The folder with its code.
        raw: What the stage `fetch` wrote.
        folder: An empty folder for a copy of the code.

    Raises:
        ValueError: If the folder does not hold the script.
    """
    if not (code / SCRIPT).is_file():
        raise ValueError(f"{code} is not a copy of SSFTT: it has no {SCRIPT}")
    copy = folder / "ssftt"
    shutil.copytree(code, copy)
    here = (copy / SCRIPT).parent
    for needed in ("cls_params", "cls_result", "classification_maps"):
        (here / needed).mkdir(exist_ok=True)
    data = copy / "data"
    data.mkdir(exist_ok=True)
    for name, key, array in (
        ("Indian_pines_corrected.mat", "indian_pines_corrected", load_cube(raw)),
        ("Indian_pines_gt.mat", "indian_pines_gt", load_truth(raw)),
    ):
        scipy.io.savemat(data / name, {key: np.asarray(array)})
    (here / REPORT).unlink(missing_ok=True)
    seconds, peak = run_measured([sys.executable, SCRIPT.name], cwd=here, stdout=subprocess.DEVNULL)
    text = (here / REPORT).read_text(encoding="utf-8")

    def reported(name: str) -> float:
        found = re.search(rf"([\d.]+) {re.escape(name)}", text)
        if found is None:
            raise ValueError(f"{here / REPORT} does not say {name!r}")
        return float(found[1])

    return {
        "training": reported("Training_Time (s)"),
        "seconds": seconds,
        "peak": peak,
        "oa": reported("Overall accuracy (%)"),
        "aa": reported("Average accuracy (%)"),
    }


def run_default(clone: Path, sides: dict[str, np.ndarray]) -> dict[str, float]:
    """Run the stages of a clone on a split, and return its scores and what it needed."""
    masks: dict[str, Any] = {"validation": None, "labels": "refuse"}
    for name, mask in sides.items():
        np.save(clone / f"data/scenes/{name}.npy", mask)
        masks |= {name: f"data/scenes/{name}.npy"}
    masks |= {f"{name}_key": None for name in ("train", "validation", "test")}
    found = run_stages(clone, {"split": {"method": "file", "file": masks}})
    scores = json.loads((clone / "metrics/evaluate.json").read_text(encoding="utf-8"))
    return {
        "training": found["train"][0],
        "seconds": sum(seconds for seconds, _ in found.values()),
        "peak": max(peak for _, peak in found.values()),
        **{name: 100 * scores[name] for name in ("oa", "aa", "floor_oa", "floor_aa")},
    }


def main() -> None:
    """Run both and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ssftt", type=Path, help="folder with the code of SSFTT")
    code = parser.parse_args().ssftt.expanduser()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clone = folder / "clone"
        clone_repository(clone, "HEAD")
        subprocess.run([sys.executable, "-m", "stages.fetch"], cwd=clone, check=True)
        raw = clone / "data/raw"
        sides = split_of_ssftt(load_truth(raw))
        ours = run_default(clone, sides)
        try:
            theirs = run_ssftt(code, raw, folder)
        except (ValueError, subprocess.CalledProcessError) as error:
            sys.exit(f"benchmarks.peers: {error}")
    rows = [
        [title, f"{each['training']:.0f}", f"{each['seconds']:.0f}", f"{each['peak']:,.0f}",
         f"{each['oa']:.2f}", f"{each['aa']:.2f}"]
        for title, each in (("SSFTT, its own script", theirs), ("params.yaml", ours))
    ]  # fmt: skip
    heads = ["code", "training, s", "in all, s", "peak memory, MiB", "OA, %", "AA, %"]
    train, test = (int((mask > 0).sum()) for mask in sides.values())
    publish(
        "peers",
        "Published code on the same split",
        f"""Indian Pines with the {train:,} training and {test:,} test pixels that the script of
SSFTT draws; the floor of that split is {ours["floor_oa"]:.2f} % OA and {ours["floor_aa"]:.2f} % AA.
*In all* is from the start of the process to its end, and for params.yaml of all stages, pictures
included. The training of params.yaml includes the start of Python. SSFTT classifies the labelled
pixels, and params.yaml the whole scene in four orientations.

{table(heads, rows)}""",
    )


if __name__ == "__main__":
    main()
