"""The command line of the drill: break the pipeline on purpose, count, and write a page.

    python -m benchmarks.drill                          # everything; `make drill`
    python -m benchmarks.drill --only bits --kills 5    # a part
    python -m benchmarks.drill --page                   # the page of what has run so far

It tries the last commit on a tiny scene, in folders of its own, and keeps what it found, so that a
drill that was stopped goes on. It exits with 1 if any expectation was not met.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from benchmarks.drill import bits, disks, kills, servers, together
from benchmarks.drill.case import FAILED, Case, Notes, Outcome, Record
from benchmarks.drill.page import publish
from benchmarks.drill.prepared import Prepared, prepare
from benchmarks.drill.processes import kill_all
from benchmarks.stages import stage_names
from experiments.git import git
from experiments.studies.warm import warm_interpreter

NOTES = Path(".dvc/tmp/drill.jsonl")
PARTS = ("repro", "exps", "disks", "servers", "bits", "together", "queue")


def cases_of(prepared: Prepared, arguments: argparse.Namespace) -> list[Case]:
    """Return the cases of the parts that were asked for."""
    seed, stages = arguments.seed, list(prepared.before)
    every = {
        "repro": lambda: kills.repro_cases(prepared, arguments.kills, seed),
        "exps": lambda: kills.experiment_cases(prepared, arguments.exps, seed),
        "disks": lambda: disks.cases(prepared, stages, arguments.disks, seed),
        "servers": lambda: servers.cases(prepared, arguments.servers, seed),
        "bits": lambda: bits.cases(prepared, arguments.bits, seed),
        "together": lambda: together.repro_cases(prepared, arguments.pairs),
        "queue": lambda: together.queue_cases(prepared, arguments.queues),
    }
    return [case for part in arguments.only or PARTS for case in every[part]()]


def attempt(case: Case, folder: Path, seed: int, notes: Notes, commit: str) -> Record:
    """Run a case in a folder of its own, which is removed, and note what came out."""
    path, begun = folder / case.name, time.monotonic()
    try:
        outcome = case.run(path)
    except Exception as error:  # whatever a case cannot do is a failure and is shown
        outcome = Outcome(FAILED, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
    finally:
        kill_all(path)
        shutil.rmtree(path, ignore_errors=True)
    spent = time.monotonic() - begun
    record = Record(
        case.drill, case.name, seed, outcome.kind, outcome.detail, round(spent, 1), commit
    )
    notes.add(record)
    return record


def run_cases(
    cases: list[Case], folder: Path, seed: int, notes: Notes, jobs: int, commit: str
) -> None:
    """Run what has not run yet: first what has to run alone, then some cases at a time."""
    done = {(record.name, record.seed) for record in notes.read()}
    left = [case for case in cases if (case.name, seed) not in done]
    random.Random(seed).shuffle(left)  # one that is stopped has tried something of everything
    beside = [case for case in left if not case.alone]
    alone = [case for case in left if case.alone]
    bar = tqdm(total=len(left), desc="drill", unit="case", disable=None)
    with bar:
        for case in alone:
            tell(attempt(case, folder, seed, notes, commit))
            bar.update()
        with ThreadPoolExecutor(jobs) as pool:
            waiting = [pool.submit(attempt, case, folder, seed, notes, commit) for case in beside]
            for future in as_completed(waiting):
                tell(future.result())
                bar.update()


def tell(record: Record) -> None:
    """Print a failure at once."""
    if record.kind == FAILED:
        tqdm.write(f"{record.name}: {record.detail}", file=sys.stderr)


def main() -> None:
    """Run the drill."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=100, help="of `dvc repro`")
    parser.add_argument("--exps", type=int, default=30, help="kills of `dvc exp run`")
    parser.add_argument("--disks", type=int, default=3, help="full ones, for each stage")
    parser.add_argument("--servers", type=int, default=3, help="failures of each kind of MLflow's")
    parser.add_argument("--bits", type=int, help="files of each kind; default: every file")
    parser.add_argument("--pairs", type=int, default=5, help="of two `dvc repro` at once")
    parser.add_argument("--queues", type=int, default=5, help="of 8 experiments")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="parts to run")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--notes", type=Path, default=NOTES, help="where it keeps what it found")
    parser.add_argument("--folder", type=Path, help="for its repositories; default: a new one")
    parser.add_argument("--anew", action="store_true", help="forget what has run")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page")
    arguments = parser.parse_args()
    notes = Notes(arguments.notes)
    arguments.notes.parent.mkdir(parents=True, exist_ok=True)
    if arguments.anew:
        arguments.notes.unlink(missing_ok=True)
    if not arguments.page:
        commit = git(Path(), "rev-parse", "--short=7", "HEAD")
        with ExitStack() as ends:
            kept = tempfile.TemporaryDirectory(prefix="drill-", dir=arguments.folder)
            folder = Path(ends.enter_context(kept))

            def warm(repository: Path) -> dict[str, str]:
                # What DVC notes of files goes with the drill, and is not on the disk of a case.
                noted = {"DVC_SITE_CACHE_DIR": str(folder / "noted")}
                return ends.enter_context(warm_interpreter(1, repository)) | noted

            prepared = prepare(Path(), folder, warm, stage_names(Path()))
            cases = cases_of(prepared, arguments)
            run_cases(cases, folder, arguments.seed, notes, arguments.jobs, commit)
    records = notes.read()
    publish(records)
    if any(record.kind == FAILED for record in records):
        sys.exit(1)


if __name__ == "__main__":
    main()
